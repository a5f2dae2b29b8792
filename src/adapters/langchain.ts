/* How is a space a `VectorStore` of LangChain? */
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from "@langchain/core/vectorstores";
import { HnswError, type Include, type Key, type Space, type VectorIndex, type Where } from "../index.ts";
import { scoreOf } from "./score.ts";

/** Which space a store uses, and how. */
export interface HnswVectorStoreConfig {
  /** Open for as long as the store is used; its `fields` are the properties of metadata that filters know. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever its documents look like, the store's are among them
  index: VectorIndex<any>;
  /** The name of the space; one for each tenant. */
  space: string;
  /** The property of our documents that holds `pageContent`, beside those of the metadata; "text" by default. */
  textKey?: string;
}

/** A `Where` on the index's fields, which indexes serve; or a function on documents, which are read for it. */
export type HnswFilter = Where | ((document: DocumentInterface) => boolean);

/** What `delete` removes: exactly one of these. */
export interface HnswDeleteParams {
  ids?: readonly string[];
  filter?: Where;
  deleteAll?: true;
}

type Metadata = Record<string, unknown>;
type Found = { key: Key; distance: number; metadata: unknown; vector?: Float32Array | undefined };

/** Documents that a function is asked about, at least, once the k nearest have not all passed. */
const SECOND_LOOK = 64;

/** A space as a LangChain vector store. Refusals are `HnswError`s of the space's calls. */
export class HnswVectorStore extends VectorStore {
  declare FilterType: HnswFilter;
  private readonly index: VectorIndex;
  private readonly space: Space;
  private readonly textKey: string;

  constructor(embeddings: EmbeddingsInterface, config: HnswVectorStoreConfig) {
    super(embeddings, config);
    this.index = config.index;
    this.space = config.index.space(config.space);
    this.textKey = config.textKey ?? "text";
    if (typeof this.textKey !== "string")
      throw new HnswError("BAD_OPTION", "`textKey` must be the name of a property.");
  }

  override _vectorstoreType(): string {
    return "hnsw-workers";
  }

  /** Embeds and adds documents; resolves to their ids, as `addVectors` does. */
  override async addDocuments(documents: DocumentInterface[], options?: { ids?: string[] }): Promise<string[]> {
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    return this.addVectors(vectors, documents, options);
  }

  /** The ids are those given, else those of the documents, else random; a known id's document is replaced. */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    { ids }: { ids?: string[] } = {},
  ): Promise<string[]> {
    const keys = ids ?? documents.map(({ id }) => id ?? crypto.randomUUID());
    await this.space.addMany(
      keys,
      vectors,
      documents.map((document) => this.stored(document)),
    );
    return keys;
  }

  /** Removes the documents of some ids, those that match a `Where`, or all. */
  override async delete(params: HnswDeleteParams = {}): Promise<void> {
    const { ids, filter, deleteAll, ...others } = params;
    const given = [ids, filter, deleteAll].filter((one) => one !== undefined);
    if (given.length !== 1 || Object.keys(others).length > 0 || typeof filter === "function") {
      throw new HnswError("BAD_OPTION", "delete takes one of `ids`, `filter` (a Where) and `deleteAll: true`.");
    }
    if (ids !== undefined) await this.space.deleteMany([...new Set(ids)]);
    else if (filter !== undefined) await this.space.deleteWhere(filter);
    else if (deleteAll === true) await this.index.dropSpace(this.space.name);
    else throw new HnswError("BAD_OPTION", "`deleteAll` must be true.");
  }

  /** The k most similar documents; the greater a score, the more similar, see `scoreOf`. */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: HnswFilter,
  ): Promise<[Document, number][]> {
    const found = await this.find(query, k, filter, ["metadata"]);
    return found.map((hit) => [this.documentOf(hit), scoreOf(this.index.options.metric, hit.distance)]);
  }

  /** Of the `fetchK` most similar, k that are similar to the query and differ from each other. */
  override async maxMarginalRelevanceSearch(
    query: string,
    { k, fetchK = 20, lambda = 0.5, filter }: MaxMarginalRelevanceSearchOptions<HnswFilter>,
  ): Promise<Document[]> {
    if (!Number.isSafeInteger(k) || k < 1) throw new HnswError("BAD_K", "`k` must be a positive integer.");
    const vector = await this.embeddings.embedQuery(query);
    const found = await this.find(vector, Math.max(k, fetchK), filter, ["metadata", "vector"]);
    const vectors = found.map((hit) => Array.from(hit.vector!));
    return maximalMarginalRelevance(vector, vectors, lambda, k).map((i) => this.documentOf(found[i]!));
  }

  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: HnswVectorStoreConfig,
  ): Promise<HnswVectorStore> {
    const metadataOf = (i: number) => (Array.isArray(metadatas) ? metadatas[i] : metadatas);
    const documents = texts.map((pageContent, i) => new Document({ pageContent, metadata: metadataOf(i) }));
    return HnswVectorStore.fromDocuments(documents, embeddings, config);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: HnswVectorStoreConfig,
  ): Promise<HnswVectorStore> {
    const store = new HnswVectorStore(embeddings, config);
    await store.addDocuments(documents);
    return store;
  }

  private async find(query: number[], k: number, filter: HnswFilter | undefined, include: Include[]) {
    if (typeof filter !== "function")
      return this.space.search(query, { k, where: filter, include }) as Promise<Found[]>;
    // A function is asked about the nearest documents, and about ever more of them until k have passed.
    for (let asked = k; ; asked = Math.max(4 * asked, SECOND_LOOK)) {
      const found = (await this.space.search(query, { k: asked, include })) as Found[];
      const passed = found.filter((hit) => filter(this.documentOf(hit)));
      if (passed.length >= k || asked >= this.space.size) return passed.slice(0, k);
    }
  }

  private stored({ pageContent, metadata = {} }: DocumentInterface): Metadata {
    if (Object.hasOwn(metadata, this.textKey)) {
      const clash = `The metadata has a property "${this.textKey}", where the store keeps the text`;
      throw new HnswError("BAD_METADATA", `${clash}: rename it, or choose another \`textKey\`.`);
    }
    return { ...metadata, [this.textKey]: pageContent };
  }

  private documentOf({ key, metadata }: Found): Document {
    const { [this.textKey]: text, ...rest } = (metadata ?? {}) as Metadata;
    return new Document({ id: String(key), pageContent: typeof text === "string" ? text : "", metadata: rest });
  }
}
