/*
 * The memory of mem0 in a folder of ours, by its LangChain provider. That provider passes no filters on, so that users
 * are kept apart by spaces: each has a Memory of its own.
 */
import { Embeddings } from "@langchain/core/embeddings";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { open } from "hnsw-workers";
import { HnswVectorStore } from "hnsw-workers/langchain";
import { Memory } from "mem0ai/oss";
import { DIMENSIONS, embed as vectorOf } from "../foods/trigrams.js";

class LocalEmbeddings extends Embeddings {
  override embedQuery = async (text: string) => Array.from(vectorOf(text));
  override embedDocuments = async (texts: string[]) => texts.map((text) => Array.from(vectorOf(text)));
}

const embeddings = new LocalEmbeddings({});
const llm = new FakeListChatModel({ responses: ["{}"] }); // stands for a model; not asked with `infer: false`
await using index = await open({ dimensions: DIMENSIONS, path: "./memories" });

function memoryOf(user: string): Memory {
  const client = new HnswVectorStore(embeddings, { index, space: user });
  return new Memory({
    embedder: { provider: "langchain", config: { model: embeddings } },
    llm: { provider: "langchain", config: { model: llm } },
    vectorStore: { provider: "langchain", config: { client, dimension: DIMENSIONS, collectionName: user } },
    disableHistory: true,
  });
}

const [ann, bob] = [memoryOf("ann"), memoryOf("bob")];
await ann.add("Ann likes sweet apples.", { userId: "ann", infer: false });
await ann.add("Ann works in a zoo.", { userId: "ann", infer: false });
await bob.add("Bob hates apples.", { userId: "bob", infer: false });

const { results } = await ann.search("Which apples?", { filters: { user_id: "ann" }, topK: 1 });
for (const { memory } of results) console.log(memory);
