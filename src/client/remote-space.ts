/* One space of a collection on a server: what can be done with its entries? What `Space` of the package does, by requests. */
import type { AddManyRest, AddRest, Facet, Hit, Page, SearchResult } from "../api/results.ts";
import type { PlainSearchOptions, SpaceLike } from "../api/space-like.ts";
import type { Entry, FieldPath, Include, Patch, Where } from "../documents/types.ts";
import type {
  AddOptions,
  CountOptions,
  EntryOptions,
  FacetOptions,
  GetOptions,
  PageOptions,
  UpdateOptions,
} from "../options/entries.ts";
import { sentKey } from "../server/wire/remote.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { Explanation, RecallReport, SpaceStats } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { Connection } from "./connection.ts";
import { receivedEntry, type SentEntry, sentPatch, sentVector, sentVectors, type Vectors } from "./encoding.ts";

const AT_ONCE = 1000; // entries of one request
const PAGE = 1000;

/** A space of a collection. Make it with `index.space(name)`. Each method does what `Space`'s of that name does. */
export class RemoteSpace<K extends Key = Key, M = unknown, Absent extends undefined = undefined>
  implements SpaceLike<K, M, Absent>
{
  /** @internal */
  constructor(
    readonly name: string,
    private readonly connection: Connection,
    private readonly path: string,
  ) {}

  private post(path: string, body: object): Promise<unknown> {
    return this.connection.call("POST", `${this.path}${path}`, body, { space: this.name });
  }

  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): Promise<void>;
  async add(key: K, vector: Vector | null, metadata?: unknown, options?: AddOptions): Promise<void> {
    const documents = metadata === undefined ? undefined : [metadata];
    const vectors = vector === null ? undefined : sentVector(vector);
    await this.post("/add", { keys: [sentKey(key)], vectors, metadata: documents, ...expiryIn(options) });
  }

  /**
   * By 1,000 entries a request: the entries of one are checked before the first of them is added.
   * @inheritDoc
   */
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    ...rest: AddManyRest<M, Absent>
  ): Promise<void>;
  async addMany(
    keys: readonly K[],
    vectors: Vectors | null,
    metadata?: readonly unknown[],
    options?: AddOptions,
  ): Promise<void> {
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, keys.length);
      await this.post("/add", {
        keys: keys.slice(from, to).map(sentKey),
        vectors: vectors === null ? undefined : sentVectors(vectors, from, to, keys.length),
        metadata: metadata?.slice(from, to),
        ...expiryIn(options),
      });
    }
  }

  async update(key: K, patch: Patch<M>, options?: UpdateOptions): Promise<boolean> {
    return (await this.change({ keys: [sentKey(key)] }, patch, options)) === 1;
  }

  updateWhere(where: Where<M>, patch: Patch<M>, options?: UpdateOptions): Promise<number> {
    return this.change({ where }, patch, options);
  }

  private async change(which: object, patch: Patch<M>, { expiresAt, now }: UpdateOptions = {}): Promise<number> {
    const expiry = expiresAt === null ? { expiresAt: "never" } : expiryIn({ expiresAt });
    return countIn(await this.post("/update", { ...which, ...sentPatch(patch as object), ...expiry, now }));
  }

  async delete(key: K): Promise<boolean> {
    return countIn(await this.post("/delete", { keys: [sentKey(key)] })) === 1;
  }

  async deleteMany(keys: readonly K[]): Promise<number> {
    return countIn(await this.post("/delete", { keys: keys.map(sentKey) }));
  }

  async deleteWhere(where: Where<M>, options?: { now?: number | undefined }): Promise<number> {
    return countIn(await this.post("/delete", { where, now: options?.now }));
  }

  async has(key: K): Promise<boolean> {
    return (await this.getMany([key]))[0] !== undefined;
  }

  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(key: K, options: GetOptions<I>): Promise<Entry<K, M, Absent, I> | undefined>;
  async get(key: K, options?: GetOptions<Include>): Promise<unknown> {
    const [entry] = await this.getMany([key], options ?? { include: ["vector"] });
    return options === undefined ? (entry as { vector?: Float32Array } | undefined)?.vector : entry;
  }

  async getMany<I extends Include = never>(
    keys: readonly K[],
    options: GetOptions<I> = {},
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]> {
    const found = await this.post("/get", { keys: keys.map(sentKey), ...options, binary: true });
    const { entries } = found as { entries: (SentEntry | null)[] };
    return entries.map((entry) => (entry === null ? undefined : receivedEntry(entry))) as Entry<K, M, Absent, I>[];
  }

  async keys(): Promise<K[]> {
    const keys: K[] = [];
    for await (const { key } of this.entries()) keys.push(key);
    return keys;
  }

  async count(options: CountOptions<M> = {}): Promise<number> {
    return countIn(await this.post("/count", options));
  }

  /**
   * By pages of 1,000: each has its entries as they are when its turn comes.
   * @inheritDoc
   */
  entries<I extends Include = never>(options: EntryOptions<M, I> = {}): AsyncGenerator<Entry<K, M, Absent, I>, void> {
    return this.pages(options);
  }

  private async *pages<I extends Include>(options: EntryOptions<M, I>): AsyncGenerator<Entry<K, M, Absent, I>, void> {
    for (let after: string | null = null; ; ) {
      const { entries, next }: Page<Entry<K, M, Absent, I>> = await this.page({ ...options, limit: PAGE, after });
      yield* entries;
      if (next === null) return;
      after = next;
    }
  }

  async page<I extends Include = never>(options: PageOptions<M, I> = {}): Promise<Page<Entry<K, M, Absent, I>>> {
    const found = (await this.post("/page", { ...options, binary: true })) as {
      entries: SentEntry[];
      next: string | null;
    };
    return { entries: found.entries.map(receivedEntry) as Entry<K, M, Absent, I>[], next: found.next };
  }

  async stats(): Promise<SpaceStats | null> {
    return (await this.post("/stats", {})) as SpaceStats | null;
  }

  async measureRecall(): Promise<RecallReport | null> {
    return (await this.post("/recall", {})) as RecallReport | null;
  }

  async facets(field: FieldPath<M>, options: FacetOptions<M> = {}): Promise<Facet[]> {
    return ((await this.post("/facets", { field, ...options })) as { facets: Facet[] }).facets;
  }

  search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: PlainSearchOptions<K, M, I, E>,
  ): Promise<SearchResult<Hit<K, M, Absent, I>, E>>;
  async search(query: Vector, options: PlainSearchOptions<K, M, Include, boolean> = {}): Promise<unknown> {
    const found = await this.post("/search", { query: sentVector(query), ...sentOptions(options) });
    const { hits, explain } = found as { hits: SentEntry[]; explain?: Explanation };
    const received = hits.map(receivedEntry);
    return explain === undefined ? received : { hits: received, explain };
  }

  async searchMany<I extends Include = never>(
    queries: NumberArray | readonly Vector[],
    options: PlainSearchOptions<K, M, I, false> = {},
  ): Promise<Hit<K, M, Absent, I>[][]> {
    const vectors = ArrayBuffer.isView(queries)
      ? sentVector(queries as NumberArray)
      : sentVectors(queries, 0, queries.length, queries.length);
    const found = (await this.post("/search", { queries: vectors, ...sentOptions(options) })) as {
      lists: SentEntry[][];
    };
    return found.lists.map((hits) => hits.map(receivedEntry)) as Hit<K, M, Absent, I>[][];
  }
}

/** @internal */
export function sentOptions({ keys, ...options }: { keys?: readonly Key[] | undefined }): object {
  return { ...options, ...(keys === undefined ? {} : { keys: keys.map(sentKey) }), binary: true };
}

function expiryIn(options: { expiresAt?: number | Date | undefined } | undefined): { expiresAt?: number } {
  const expiresAt = options?.expiresAt;
  return expiresAt === undefined ? {} : { expiresAt: Number(expiresAt) };
}

const countIn = (result: unknown) => (result as { count: number }).count;
