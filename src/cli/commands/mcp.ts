/* `mcp`: how do agents' tools reach a folder? By the Model Context Protocol over stdin and stdout, until stdin ends. */
import { existsSync } from "node:fs";
import { version } from "../../../package.json" with { type: "json" };
import { open } from "../../api/open.ts";
import { HnswError, messageOf } from "../../errors.ts";
import { type Embedding, embeddingOf, ngrams } from "../mcp/embedding.ts";
import { Memory } from "../mcp/memory.ts";
import { TOOLS } from "../mcp/tools.ts";
import type { Arguments, Command } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { shapeOf } from "./shape.ts";

const DIMENSIONS = 512; // of hashed letters in a new folder

export const mcp: Command = {
  summary: "serves an agent's memory by the Model Context Protocol over stdio",
  takes: ["PATH"],
  options: {
    embed: { value: "MODULE", help: "a module that makes vectors of texts; without it letters are hashed" },
    fields: { value: "F", help: "fields of the metadata that `where` knows, such as kind:keyword,day:date" },
    json: { help: "no effect: the protocol is JSON" },
  },
  notes:
    "Its tools are remember, recall, forget and list_spaces. It needs the package @modelcontextprotocol/sdk beside this one.\n" +
    "MODULE is a file or a package with `export const dimensions = 384` and `export async function embed(texts)`, which\n" +
    "resolves to a vector for each text. PATH is created if it does not exist; a folder keeps to the module that it was\n" +
    "created with. One process at a time can have it open.",
  async run(args) {
    const sdk = await loadSdk();
    const module = args.text("embed");
    const embedding = module === undefined ? ngrams : await embeddingOf(module);
    const index = await openAt(args.at(0), args, embedding);
    try {
      const memory = await Memory.of(index, embedding, module !== undefined);
      await serve(sdk, memory);
    } finally {
      await index.close();
    }
    return null;
  },
};

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** An optional peer: only this command needs it. Rejects with UNSUPPORTED. */
async function loadSdk() {
  try {
    const { Server } = await import("@modelcontextprotocol/sdk/server/index.js");
    const { StdioServerTransport } = await import("@modelcontextprotocol/sdk/server/stdio.js");
    const types = await import("@modelcontextprotocol/sdk/types.js");
    return { Server, StdioServerTransport, ...types };
  } catch (error) {
    const message = "`mcp` needs the package @modelcontextprotocol/sdk: `bun add @modelcontextprotocol/sdk`";
    throw new HnswError("UNSUPPORTED", `${message} (${messageOf(error)}).`, { cause: error });
  }
}

async function openAt(path: string, args: Arguments, embedding: Embedding) {
  const shape = existsSync(path) ? await shapeOf(path, true) : null;
  const dimensions = shape?.dimensions ?? embedding.dimensions ?? DIMENSIONS;
  if (embedding.dimensions !== null && embedding.dimensions !== dimensions) {
    const message = `${embedding.name} makes vectors of ${embedding.dimensions} dimensions, ${path} holds ${dimensions}`;
    throw new HnswError("BAD_DIMENSIONS", `${message}: give the module that it was filled with.`);
  }
  return await open({ path, dimensions, metric: shape?.metric, workers: 1, fields: fieldsOf(args) });
}

/** Resolves when the client is gone, or asked for an end by a signal. */
async function serve(sdk: Sdk, memory: Memory): Promise<void> {
  // `McpServer` would want its schemas in zod, and check arguments with words of its own.
  const server = new sdk.Server({ name: "hnsw-workers", version }, { capabilities: { tools: {} } });
  server.setRequestHandler(sdk.ListToolsRequestSchema, () => ({ tools: [...TOOLS] }));
  server.setRequestHandler(sdk.CallToolRequestSchema, async ({ params: { name, arguments: given } }) => {
    try {
      const result = await memory.call(name, given);
      if (result === null) throw new sdk.McpError(sdk.ErrorCode.InvalidParams, `There is no tool "${name}".`);
      return { content: [{ type: "text", text: JSON.stringify(result) }], structuredContent: result };
    } catch (error) {
      if (error instanceof sdk.McpError) throw error;
      // For the model to read: it may try again with other arguments.
      const code = error instanceof HnswError ? error.code : "INTERNAL";
      return { content: [{ type: "text", text: `${code}: ${messageOf(error)}` }], isError: true };
    }
  });
  const ended = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve).once("close", resolve);
    process.once("SIGINT", () => resolve()).once("SIGTERM", () => resolve());
  });
  await server.connect(new sdk.StdioServerTransport());
  await ended;
  await server.close();
}
