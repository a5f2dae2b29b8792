/* Which tools does an agent get, and what do they say of themselves to a model? */
import type { ObjectSchema, Property } from "./arguments.ts";

export const DEFAULT_SPACE = "default";
const MOST_HITS = 100;

const space: Property = {
  type: "string",
  minLength: 1,
  description: `The space to use, one for each user, project or topic; "${DEFAULT_SPACE}" if left out.`,
};
const vector: Property = {
  type: "array",
  items: { type: "number" },
  minItems: 1,
  description: "An embedding, if there is one already; otherwise the server makes one of the text.",
};
const where: Property = {
  type: "object",
  description: 'A filter on fields of the metadata that the server was started with, such as {"kind": "fact"}.',
};

export interface Tool {
  name: string;
  title: string;
  description: string;
  inputSchema: ObjectSchema;
  outputSchema: Record<string, unknown> & { type: "object" };
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: false };
}

const object = (properties: Record<string, Property>, required: string[] = []): ObjectSchema => {
  return { type: "object", properties, required, additionalProperties: false };
};
const text = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;
const result = (properties: Record<string, unknown>) => {
  return { type: "object" as const, properties, required: Object.keys(properties) };
};
const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;

export const TOOLS: readonly Tool[] = [
  {
    name: "remember",
    title: "Remember a text",
    description: "Keeps a text, so that `recall` finds it later, also after a restart. A known key is replaced.",
    inputSchema: object(
      {
        text: { type: "string", minLength: 1, description: "What to remember; a sentence or a paragraph." },
        space,
        key: { type: "string", minLength: 1, description: "Its name, to replace or forget it; random if left out." },
        metadata: { type: "object", description: "What else to keep with it, as JSON." },
        vector,
        expiresInSeconds: {
          type: "number",
          minimum: 0.001,
          description: "After that it is forgotten; never if left out.",
        },
      },
      ["text"],
    ),
    outputSchema: result({ space: text, key: text }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  },
  {
    name: "recall",
    title: "Recall what is similar",
    description: "Finds the remembered texts that are most similar to a text, or to a vector; the most similar first.",
    inputSchema: object({
      query: { type: "string", minLength: 1, description: "The text to compare with; or give a vector." },
      vector,
      space,
      limit: { type: "integer", minimum: 1, maximum: MOST_HITS, description: "At most that many; 5 if left out." },
      where,
    }),
    outputSchema: result({
      hits: {
        type: "array",
        items: {
          type: "object",
          properties: { key: text, score: { type: "number" }, text, metadata: { type: "object" } },
          required: ["key", "score", "metadata"],
        },
      },
    }),
    annotations: reads,
  },
  {
    name: "forget",
    title: "Forget texts",
    description: "Deletes what was remembered, for good: by keys, by a filter, or everything in a space.",
    inputSchema: object({
      space,
      keys: { type: "array", items: { type: "string" }, minItems: 1, description: "Keys of `remember` or `recall`." },
      where,
      all: { type: "boolean", description: "True: the whole space." },
    }),
    outputSchema: result({ forgotten: count }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  },
  {
    name: "list_spaces",
    title: "List the spaces",
    description: "Names all spaces and says how many texts each holds.",
    inputSchema: object({}),
    outputSchema: result({
      spaces: {
        type: "array",
        items: { type: "object", properties: { name: text, size: count }, required: ["name", "size"] },
      },
    }),
    annotations: reads,
  },
];
