/*
 * Which frameworks are used as they are, by an example of ours, and with which versions is it tested? The oldest is the first
 * that works of the major that the example is written for.
 */
export interface Example {
  /** In docs/INTEGRATIONS.md. */
  title: string;
  package: string;
  oldest: string;
  newest: string;
  /** What it needs besides. */
  beside: Record<string, string>;
  prints: string[];
}

export const EXAMPLES: Record<string, Example> = {
  mem0: {
    ...{ title: "mem0", package: "mem0ai", oldest: "3.0.1", newest: "3.3.1" },
    ...{ beside: { "@langchain/core": "1.4.0" }, prints: ["Ann likes sweet apples."] },
  },
  voltagent: {
    ...{ title: "VoltAgent", package: "@voltagent/core", oldest: "2.0.2", newest: "2.10.0" },
    ...{ beside: { ai: "6.0.326", zod: "4.6.7" }, prints: ["Apples are sweet.", "Foxes are quick."] },
  },
  genkit: {
    ...{ title: "Genkit", package: "genkit", oldest: "1.0.4", newest: "1.42.0" },
    ...{ beside: {}, prints: ["Apples are sweet.", "Lemons are sour."] },
  },
  "ai-sdk": {
    ...{ title: "AI SDK", package: "ai", oldest: "7.0.0", newest: "7.0.173" },
    ...{ beside: {}, prints: ["Apples are sweet.", "Lemons are sour."] },
  },
};
