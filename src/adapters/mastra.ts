/* How is a store of many indexes the vector store of Mastra? Each of its indexes is a collection. */
import {
  type CreateIndexParams,
  type DeleteIndexParams,
  type DeleteVectorParams,
  type DeleteVectorsParams,
  type DescribeIndexParams,
  type IndexStats,
  MastraVector,
  type QueryResult,
  type QueryVectorParams,
  type UpdateVectorParams,
  type UpsertVectorParams,
} from "@mastra/core/vector";
import type { VectorFilter } from "@mastra/core/vector/filter";
import { type FieldType, HnswError, type Metric, type Space, type Store, type VectorIndex } from "../index.ts";
import { type Condition, isPlain, readFilter } from "./metadata-filter.ts";
import { matches, split } from "./metadata-matches.ts";
import { scoreOf } from "./score.ts";

/** Which store it uses, and how. */
export interface HnswVectorConfig {
  /** Of Mastra. */
  id: string;
  /** From `openStore`, open for as long as this is used. */
  store: Store;
  /** Properties of metadata that filters find in columns; others are looked up in the documents, one by one. */
  fields?: Readonly<Record<string, FieldType>>;
}

export type HnswVectorFilter = VectorFilter | Record<string, unknown>;

/** Of the collection. Mastra's indexes have no parts. */
const SPACE = "vectors";
const METRICS: Readonly<Record<NonNullable<CreateIndexParams["metric"]>, Metric>> = {
  cosine: "cosine",
  euclidean: "l2",
  dotproduct: "dot",
};
const NAMES = { cosine: "cosine", l2: "euclidean", dot: "dotproduct" } as const;
const DEFAULT_TOP_K = 10;
/** More are no list for `keys` of a search. */
const MOST_KEYS = 100_000;
const DEEPEST = 64;

type Metadata = Record<string, unknown>;
type Collection = { index: VectorIndex; space: Space<string>; fields: ReadonlyMap<string, FieldType> };

/** A store of collections as a Mastra vector store. Refusals are `HnswError`s, but that of another dimension, Mastra's. */
export class HnswVector extends MastraVector<HnswVectorFilter> {
  private readonly store: Store;
  private readonly fields: Readonly<Record<string, FieldType>>;

  constructor({ id, store, fields = {} }: HnswVectorConfig) {
    super({ id });
    this.store = store;
    this.fields = fields;
  }

  /** One that is there already is left as it is; of other dimensions, refused. */
  override async createIndex({ indexName, dimension, metric = "cosine" }: CreateIndexParams): Promise<void> {
    const known = Object.hasOwn(METRICS, metric) ? METRICS[metric] : undefined;
    if (known === undefined) {
      throw new HnswError("BAD_OPTION", `The metric must be cosine, euclidean or dotproduct, not "${metric}".`);
    }
    try {
      await this.store.create(indexName, { dimensions: dimension, metric: known });
    } catch (error) {
      if (!(error instanceof HnswError) || error.code !== "COLLECTION_EXISTS") throw error;
      await this.validateExistingIndex(indexName, dimension, metric);
    }
    await this.use(indexName, () => undefined); // has its fields now
  }

  override async listIndexes(): Promise<string[]> {
    return this.store.list().map(({ name }) => name);
  }

  override async describeIndex({ indexName }: DescribeIndexParams): Promise<IndexStats> {
    const { dimensions, metric } = this.store.info(indexName);
    const count = await this.use(indexName, ({ space }) => space.size);
    return { dimension: dimensions, count, metric: NAMES[metric] };
  }

  override async deleteIndex({ indexName }: DeleteIndexParams): Promise<void> {
    if (!(await this.store.drop(indexName))) throw new HnswError("NO_COLLECTION", `There is no index "${indexName}".`);
  }

  /** Resolves to the ids. With `deleteFilter`, what matched it before is deleted once the new vectors are in. */
  override async upsert(params: UpsertVectorParams<HnswVectorFilter>): Promise<string[]> {
    const { indexName, vectors, metadata, deleteFilter } = params;
    refuseSparse(params.sparseVectors, "sparseVectors");
    if (!Array.isArray(vectors) || vectors.length === 0) {
      throw new HnswError("BAD_VECTOR", "`vectors` must be a list of at least one vector.");
    }
    const ids = params.ids ?? vectors.map(() => crypto.randomUUID());
    const condition = deleteFilter && readFilter(deleteFilter);
    return this.use(indexName, async (collection) => {
      const old = condition ? await keysOf(collection, condition) : [];
      await collection.space.addMany(
        ids,
        vectors,
        metadata?.map((one) => plain(one ?? {})),
      );
      const kept = new Set(ids);
      const gone = old.filter((key) => !kept.has(key));
      await collection.space.deleteMany(gone);
      return [...ids];
    });
  }

  /** The most similar first; without `queryVector` what matches the filter, oldest first, with score 0. */
  override async query(params: QueryVectorParams<HnswVectorFilter>): Promise<QueryResult[]> {
    const { indexName, queryVector, topK = DEFAULT_TOP_K, filter, includeVector = false } = params;
    refuseSparse(params.sparseVector, "sparseVector");
    if (!Number.isSafeInteger(topK) || topK < 1) throw new HnswError("BAD_K", "`topK` must be a positive integer.");
    const condition = readFilter(filter);
    if (queryVector === undefined && (filter === undefined || filter === null)) {
      throw new HnswError("BAD_OPTION", "A query needs a `queryVector`, a `filter` or both.");
    }
    const include = includeVector ? (["metadata", "vector"] as const) : (["metadata"] as const);
    return this.use(indexName, async (collection) => {
      if (queryVector === undefined) return await listed(collection, condition, topK, include);
      const selection = await selectionOf(collection, condition);
      const hits = await collection.space.search(queryVector, { k: topK, include, ...selection });
      const { metric } = collection.index.options;
      return hits.map((hit) => resultOf(hit, scoreOf(metric, hit.distance)));
    });
  }

  /** Metadata is merged into what is there, property by property; a vector replaces. An id that is not there is left out. */
  override async updateVector(params: UpdateVectorParams<HnswVectorFilter>): Promise<void> {
    const { indexName, id, filter, update } = params;
    if (id !== undefined && filter !== undefined) throw bad("`id` and `filter` are mutually exclusive");
    if (id === undefined && filter === undefined) throw bad("Either id or filter must be provided");
    const { vector, metadata } = update ?? {};
    if (vector === undefined && metadata === undefined)
      throw bad("An `update` with a `vector`, `metadata` or both is required");
    const condition = filter === undefined ? null : notEmpty(filter);
    const patch = metadata === undefined ? {} : plain(metadata);
    await this.use(indexName, async (collection) => {
      const keys = condition === null ? [id!] : await keysOf(collection, condition);
      for (const key of keys) await change(collection.space, key, vector, patch);
    });
  }

  override async deleteVector({ indexName, id }: DeleteVectorParams): Promise<void> {
    await this.use(indexName, ({ space }) => space.delete(id));
  }

  override async deleteVectors(params: DeleteVectorsParams<HnswVectorFilter>): Promise<void> {
    const { indexName, ids, filter } = params;
    if (ids !== undefined && filter !== undefined) throw bad("`ids` and `filter` are mutually exclusive");
    if (ids === undefined && filter === undefined) throw bad("Either filter or ids must be provided");
    if (ids !== undefined && ids.length === 0) throw bad("An empty ids array deletes nothing");
    const condition = filter === undefined ? null : notEmpty(filter);
    await this.use(indexName, async (collection) => {
      const keys = condition === null ? [...new Set(ids)] : await keysOf(collection, condition);
      await collection.space.deleteMany(keys);
    });
  }

  private use<T>(name: string, work: (collection: Collection) => T | Promise<T>): Promise<T> {
    return this.store.use(name, async (index) => {
      for (const [field, type] of Object.entries(this.fields)) {
        const isThere = () => index.fields[field]?.type === type;
        if (isThere()) continue;
        await index.addField(field, type).catch((error) => {
          if (!isThere()) throw error; // else a call beside this one was first
        });
      }
      const fields = Object.entries(index.fields).map(([field, { type }]): [string, FieldType] => [field, type]);
      return await work({ index, space: index.space<string>(SPACE), fields: new Map(fields) });
    });
  }
}

/** What a search is narrowed to. */
async function selectionOf(collection: Collection, condition: Condition) {
  const { where, rest } = split(condition, collection.fields);
  if (rest === null) return { where };
  const keys = await keysOf(collection, condition);
  if (keys.length <= MOST_KEYS) return { keys };
  const wanted = new Set<unknown>(keys);
  return { filter: (key: unknown) => wanted.has(key) };
}

/** Those of all documents that match. */
async function keysOf({ space, fields }: Collection, condition: Condition): Promise<string[]> {
  const { where, rest } = split(condition, fields);
  const keys: string[] = [];
  for await (const { key, metadata } of space.entries({ where, include: ["metadata"] })) {
    if (rest === null || matches(rest, metadata, fields)) keys.push(key);
  }
  return keys;
}

async function listed(
  { space, fields }: Collection,
  condition: Condition,
  topK: number,
  include: readonly ("metadata" | "vector")[],
): Promise<QueryResult[]> {
  const { where, rest } = split(condition, fields);
  const results: QueryResult[] = [];
  for await (const entry of space.entries({ where, include })) {
    if (rest !== null && !matches(rest, entry.metadata, fields)) continue;
    if (results.push(resultOf(entry, 0)) === topK) break;
  }
  return results;
}

async function change(space: Space<string>, key: string, vector: number[] | undefined, patch: Metadata): Promise<void> {
  if (vector === undefined) {
    await space.update(key, patch);
    return;
  }
  const entry = await space.get(key, { include: ["metadata", "expiresAt"] });
  if (entry === undefined) return;
  const { metadata = {}, expiresAt } = entry as { metadata?: Metadata; expiresAt?: number };
  await space.add(key, vector, { ...metadata, ...patch }, { expiresAt });
}

type Found = { key: unknown; metadata?: unknown; vector?: Float32Array | undefined };

function resultOf({ key, metadata, vector }: Found, score: number): QueryResult {
  return {
    id: String(key),
    score,
    ...(metadata === undefined ? {} : { metadata: metadata as Metadata }),
    ...(vector === undefined ? {} : { vector: Array.from(vector) }),
  };
}

/** Dates are kept as ISO strings, as JSON does; the index refuses what else is not JSON. */
function plain(metadata: Metadata): Metadata {
  return withoutDates(metadata, 0) as Metadata;
}

function withoutDates(value: unknown, depth: number): unknown {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((one) => withoutDates(one, depth + 1));
  if (!isPlain(value) || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutDates(one, depth + 1)]));
}

function notEmpty(filter: HnswVectorFilter): Condition {
  const condition = readFilter(filter);
  if (condition.is === "and" && condition.of.length === 0) {
    throw bad("An empty filter would concern every vector: name what is meant, or delete the index");
  }
  return condition;
}

function refuseSparse(sparse: unknown, name: string): void {
  if (sparse !== undefined) throw bad(`\`${name}\` is not known here: vectors are dense`);
}

function bad(problem: string): HnswError {
  return new HnswError("BAD_OPTION", `${problem}.`);
}
