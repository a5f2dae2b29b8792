/* A retriever for agents of VoltAgent, asked before each answer, over a space of our index. */
import { BaseRetriever, type RetrieveOptions } from "@voltagent/core";
import { open, type Space } from "hnsw-workers";
import { DIMENSIONS, embed as vectorOf } from "../foods/trigrams.js";

type Document = { text: string };

class HnswRetriever extends BaseRetriever {
  constructor(
    private readonly space: Space,
    private readonly k = 3,
  ) {
    super({ toolName: "search_documents", toolDescription: "Finds the documents that are nearest to a question." });
  }

  override async retrieve(input: Parameters<BaseRetriever["retrieve"]>[0], options?: RetrieveOptions): Promise<string> {
    const question = typeof input === "string" ? input : textOf(input.at(-1)?.content);
    const hits = await this.space.search(vectorOf(question), { k: this.k, include: ["metadata"] });
    options?.context?.set(
      "references",
      hits.map(({ key }) => key),
    ); // comes back with the agent's result
    return hits.map(({ metadata }) => (metadata as Document).text).join("\n");
  }
}

/** Of a message: its content is a text, or parts of which some are texts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : [];
  return parts.map(({ text = "" }) => text).join(" ");
}

await using index = await open({ dimensions: DIMENSIONS });
const space = index.space("documents");
const texts = ["Apples are sweet.", "Lemons are sour.", "Foxes are quick."];
await space.addMany(
  texts,
  texts.map(vectorOf),
  texts.map((text) => ({ text })),
);

const retriever = new HnswRetriever(space, 1); // `new Agent({ name, instructions, model, retriever })`
console.log(await retriever.retrieve("sweet apple"));
console.log(await retriever.retrieve([{ role: "user", content: "quick fox" }]));
