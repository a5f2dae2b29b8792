/* An embedder, an indexer and a retriever of Genkit over a space of our index. */
import { Document, genkit, z } from "genkit";
import { open } from "hnsw-workers";
import { DIMENSIONS, embed as vectorOf } from "../foods/trigrams.js";

const ai = genkit({});
await using index = await open({ dimensions: DIMENSIONS, fields: { kind: "keyword" } });
const space = index.space<string>("documents");

/** Stands for a provider's, such as `googleAI.embedder("gemini-embedding-001")`. */
const embedder = ai.defineEmbedder({ name: "local/trigrams" }, async (input) => {
  return { embeddings: input.map(({ text }) => ({ embedding: Array.from(vectorOf(text)) })) };
});

const indexer = ai.defineIndexer({ name: "hnsw-workers/indexer" }, async (documents) => {
  const embeddings = await ai.embedMany({ embedder, content: documents });
  await space.addMany(
    documents.map(() => crypto.randomUUID()),
    embeddings.map(({ embedding }) => embedding),
    documents.map(({ text, metadata }) => ({ ...metadata, text })),
  );
});

const configSchema = z.object({ k: z.number().optional(), kind: z.string().optional() });
const retriever = ai.defineRetriever(
  { name: "hnsw-workers/retriever", configSchema },
  async (query, { k, kind } = {}) => {
    const [vector] = await ai.embed({ embedder, content: query });
    const where = kind === undefined ? undefined : { kind };
    const hits = await space.search(vector!.embedding, { k: k ?? 3, where, include: ["metadata"] });
    return {
      documents: hits.map(({ metadata }) => {
        const { text, ...others } = metadata as { text: string };
        return Document.fromText(text, others);
      }),
    };
  },
);

const documents = [
  Document.fromText("Apples are sweet.", { kind: "fruit" }),
  Document.fromText("Lemons are sour.", { kind: "fruit" }),
  Document.fromText("Foxes are quick.", { kind: "animal" }),
];
await ai.index({ indexer, documents });
for (const document of await ai.retrieve({ retriever, query: "sweet apple", options: { k: 2, kind: "fruit" } })) {
  console.log(document.text); // goes into `ai.generate({ docs, prompt })`
}
