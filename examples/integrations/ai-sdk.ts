/* Retrieval with the AI SDK: its `embed` and `embedMany` over a model that runs here, our index behind them. */
import { type EmbeddingModel, embed, embedMany } from "ai";
import { open } from "hnsw-workers";
import { DIMENSIONS, embed as vectorOf } from "../foods/trigrams.js";

/** Stands for a provider's, such as `openai.embeddingModel("text-embedding-3-small")`. */
const model: EmbeddingModel = {
  specificationVersion: "v4",
  provider: "local",
  modelId: "trigrams",
  maxEmbeddingsPerCall: 100,
  supportsParallelCalls: false,
  doEmbed: async ({ values }) => ({ embeddings: values.map((text) => Array.from(vectorOf(text))), warnings: [] }),
};

await using index = await open({ dimensions: DIMENSIONS, fields: { kind: "keyword" } });
const documents = index.space<number>("documents");

const values = ["Apples are sweet.", "Lemons are sour.", "Foxes are quick."];
const { embeddings } = await embedMany({ model, values });
const kinds = ["fruit", "fruit", "animal"];
await documents.addMany(
  values.map((_, i) => i),
  embeddings,
  values.map((text, i) => ({ text, kind: kinds[i] })),
);

const { embedding } = await embed({ model, value: "sweet apple" });
const hits = await documents.search(embedding, { k: 2, where: { kind: "fruit" }, include: ["metadata"] });
const context = hits.map(({ metadata }) => (metadata as { text: string }).text).join("\n");
console.log(context); // goes into `generateText({ model, system: context, prompt })`
