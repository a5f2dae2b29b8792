/* One tenant's entries, on a member of a cluster: what can be done with them? What a `Space` can, by way of the log. */
import type { AddManyRest, AddRest, Facet, Hit, Page, SearchResult } from "../api/results.ts";
import type { Space } from "../api/space.ts";
import type { SpaceLike } from "../api/space-like.ts";
import type { Entry, FieldPath, Include, Patch, Where } from "../documents/types.ts";
import { HnswError } from "../errors.ts";
import { show, tooMany } from "../options/checks.ts";
import type {
  AddOptions,
  CountOptions,
  EntryOptions,
  FacetOptions,
  GetOptions,
  PageOptions,
} from "../options/entries.ts";
import type { SearchOptions } from "../options/search.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import { type Vector, VectorList } from "../values/vectors.ts";
import { addOp, deleteOp, deleteWhereOp, updateOp, updateWhereOp } from "./intake.ts";
import type { Member } from "./member.ts";
import type { Op } from "./ops/op.ts";
import type { ClusterUpdateOptions, ReadOptions } from "./options.ts";
import { READS, type ReadName } from "./peers/reads.ts";

/** Bytes of vectors that an `addMany` has under way. */
const MOST_UNDER_WAY = 16 * 2 ** 20;

/**
 * A named set of entries that members of the cluster have in common. Arguments, results and errors are those of a `Space`; what is
 * said here comes on top. Reads are done by this member, from its memory, or by another one that holds the space; then they also reject
 * with CLUSTER_UNSERVED.
 */
export class ClusterSpace<K extends Key = Key, M = unknown, Absent extends undefined = undefined>
  implements SpaceLike<K, M, Absent>
{
  /** @internal Use `cluster.space(name)`. */
  constructor(
    readonly name: string,
    private readonly member: Member,
    private readonly local: Space<K, M, Absent>,
  ) {}

  /**
   * Resolves when the log has it. Rejects, beside what the arguments are refused with, with OUT_OF_MEMORY, CLUSTER_UNREACHABLE,
   * CLUSTER_FULL, CLUSTER_LOST, CLUSTER_HALTED, TIMEOUT or CLOSED: then nothing has changed; after CLUSTER_UNCERTAIN the entry may be
   * in or not, as a whole, and neither will change later than within minutes.
   * @inheritDoc
   */
  add(key: K, vector: Vector | null, ...rest: AddRest<M, Absent>): Promise<void>;
  add(key: K, vector: Vector | null, metadata?: unknown, options?: AddOptions, extra?: unknown): Promise<void> {
    if (extra !== undefined) return Promise.reject(tooMany("add(key, vector, metadata, options)", extra));
    return this.done(() => addOp(this.member.handle, this.name, key, vector, metadata, options));
  }

  /**
   * All are checked before the first is sent; they are not one op: what it rejects with says how many are known to be in the log. Keys,
   * vectors and documents are copied before it returns to the event loop for the second time.
   * @inheritDoc
   */
  addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    ...rest: AddManyRest<M, Absent>
  ): Promise<void>;
  async addMany(
    keys: readonly K[],
    vectors: NumberArray | readonly Vector[] | null,
    metadata?: readonly unknown[],
    options?: AddOptions,
    extra?: unknown,
  ): Promise<void> {
    if (extra !== undefined) throw tooMany("addMany(keys, vectors, metadata, options)", extra);
    const ops = await this.opsOf(keys, vectors, metadata, options);
    await this.sendAll(ops, "added");
  }

  /**
   * Resolves when the op is applied here.
   * @inheritDoc
   */
  async update(key: K, patch: Patch<M>, options?: ClusterUpdateOptions): Promise<boolean> {
    return (await this.result(() => updateOp(this.member.handle, this.name, key, patch, options))) > 0;
  }

  /**
   * One op, that sees the entries as they are when its turn comes: those before it in the log, and no others. Where one of them
   * is refused, none is changed.
   * @inheritDoc
   */
  updateWhere(where: Where<M>, patch: Patch<M>, options?: ClusterUpdateOptions): Promise<number> {
    return this.result(() => updateWhereOp(this.member.handle, this.name, where, patch, options));
  }

  /**
   * Resolves when the op is applied here. Rejects as `add` does.
   * @inheritDoc
   */
  async delete(key: K): Promise<boolean> {
    return (await this.result(() => deleteOp(this.member.handle, this.name, key))) > 0;
  }

  /**
   * An op each. What it rejects with says how many were deleted.
   * @inheritDoc
   */
  async deleteMany(keys: readonly K[]): Promise<number> {
    const own = distinct(keys);
    const ops = own.map((key) => deleteOp(this.member.handle, this.name, key));
    return await this.sendAll(ops, "deleted");
  }

  /**
   * One op, as `updateWhere` is.
   * @inheritDoc
   */
  deleteWhere(where: Where<M>): Promise<number> {
    return this.result(() => deleteWhereOp(this.member.handle, this.name, where));
  }

  async has(key: K, options?: ReadOptions): Promise<boolean> {
    return await this.read("has", [key], options?.freshness);
  }

  get(key: K): Promise<Float32Array | undefined>;
  get<I extends Include = never>(
    key: K,
    options: GetOptions<I> & ReadOptions,
  ): Promise<Entry<K, M, Absent, I> | undefined>;
  async get(key: K, options?: GetOptions<Include> & ReadOptions): Promise<unknown> {
    const [rest, freshness] = split(options);
    return await this.read("get", rest === undefined ? [key] : [key, rest], freshness);
  }

  async getMany<I extends Include = never>(
    keys: readonly K[],
    options?: GetOptions<I> & ReadOptions,
  ): Promise<(Entry<K, M, Absent, I> | undefined)[]> {
    return await this.readWith("getMany", [keys], options);
  }

  /** Live entries, as this member has them by now. Throws CLUSTER_UNSERVED where it does not hold the space: `count` asks others. */
  get size(): number {
    this.member.expectHeld(this.name);
    return this.local.size;
  }

  async keys(options?: ReadOptions): Promise<K[]> {
    return await this.read("keys", [], options?.freshness);
  }

  async count(options?: CountOptions<M> & ReadOptions): Promise<number> {
    return await this.readWith("count", [], options);
  }

  /**
   * By way of another member: an entry that was changed in the meantime comes also where it does not match any more.
   * @inheritDoc
   */
  entries<I extends Include = never>(
    options?: EntryOptions<M, I> & ReadOptions,
  ): AsyncGenerator<Entry<K, M, Absent, I>, void>;
  async *entries(options?: EntryOptions<M, Include> & ReadOptions): AsyncGenerator<never, void> {
    const [rest, freshness] = split(options);
    const { shares } = this.member;
    if (shares !== null) {
      const atLeast = await this.member.mustSee(freshness);
      return yield* shares.questions.entries(this.name, rest, atLeast) as AsyncGenerator<never, void>;
    }
    await this.member.sees(freshness);
    yield* this.local.entries(rest) as AsyncGenerator<never, void>;
  }

  /**
   * `next` is one of the member that the page came from: another one does not go on from there in the same order. Where members hold some
   * partitions each, it is asked again, and CLUSTER_UNSERVED says that it is gone.
   * @inheritDoc
   */
  async page<I extends Include = never>(
    options?: PageOptions<M, I> & ReadOptions,
  ): Promise<Page<Entry<K, M, Absent, I>>> {
    const { shares } = this.member;
    if (shares === null) return await this.readWith("page", [], options);
    const [rest, freshness] = split(options);
    return (await shares.questions.page(this.name, rest, await this.member.mustSee(freshness))) as never;
  }

  async facets(field: FieldPath<M>, options?: FacetOptions<M> & ReadOptions): Promise<Facet[]> {
    return await this.readWith("facets", [field], options);
  }

  async search<I extends Include = never, E extends boolean = false>(
    query: Vector,
    options?: SearchOptions<K, M, I, E> & ReadOptions,
  ): Promise<SearchResult<Hit<K, M, Absent, I>, E>> {
    return await this.readWith("search", [query], options);
  }

  async searchMany<I extends Include = never>(
    queries: NumberArray | readonly Vector[],
    options?: SearchOptions<K, M, I, false> & ReadOptions,
  ): Promise<Hit<K, M, Absent, I>[][]> {
    return await this.readWith("searchMany", [queries], options);
  }

  private readWith<T>(name: ReadName, args: unknown[], options: (object & ReadOptions) | undefined): Promise<T> {
    const [rest, freshness] = split(options);
    return this.read(name, [...args, rest], freshness);
  }

  /** Here, or where the space is held. */
  private async read<T>(name: ReadName, args: unknown[], freshness: unknown): Promise<T> {
    const { shares } = this.member;
    if (shares !== null) {
      const atLeast = await this.member.mustSee(freshness);
      return (await shares.questions.read(name, this.name, args, atLeast)) as T;
    }
    await this.member.sees(freshness);
    return (await READS[name].run(this.local as never, args)) as T;
  }

  private async done(op: () => Op): Promise<void> {
    await this.member.send(op(), false);
  }

  private async result(op: () => Op): Promise<number> {
    return await this.member.send(op(), true);
  }

  private async opsOf(
    keys: readonly K[],
    vectors: unknown,
    metadata: readonly unknown[] | undefined,
    options?: AddOptions,
  ) {
    const own = distinct(keys);
    const { handle } = this.member;
    const list =
      vectors === null && metadata !== undefined ? null : new VectorList(vectors, handle.settings.dimensions);
    if (list !== null && list.count !== own.length) {
      throw new HnswError("BAD_VECTOR", `There are ${own.length} keys and ${list.count} vectors.`);
    }
    if (metadata !== undefined && (!Array.isArray(metadata) || metadata.length !== own.length)) {
      const found = Array.isArray(metadata) ? `${metadata.length}` : show(metadata);
      throw new HnswError("BAD_METADATA", `There are ${own.length} keys and ${found} documents.`);
    }
    const ops: Op[] = [];
    const slice = new Slice();
    for (const [i, key] of own.entries()) {
      ops.push(addOp(handle, this.name, key, list?.copy(i, 1) ?? null, metadata?.[i], options));
      if ((i & 15) === 15 && slice.isOver) await slice.next();
    }
    return ops;
  }

  /** In order, not all at once. What it rejects with says how far it came. */
  private async sendAll(ops: readonly Op[], done: string): Promise<number> {
    const atOnce = Math.max(16, Math.floor(MOST_UNDER_WAY / (this.member.handle.settings.dimensions * 4)));
    let [sent, count] = [0, 0];
    for (let from = 0; from < ops.length; from += atOnce) {
      const group = ops.slice(from, from + atOnce);
      const results = await Promise.allSettled(group.map((op) => this.member.send(op, op.kind !== "add")));
      const failure = results.find((result) => result.status === "rejected");
      for (const result of results) {
        if (result.status === "rejected") continue;
        count += result.value;
        sent++;
      }
      if (failure === undefined) continue;
      const { reason } = failure;
      if (!(reason instanceof HnswError)) throw reason;
      throw new HnswError(reason.code, `${reason.message} ${sent} of ${ops.length} are known to be ${done}.`, {
        cause: reason,
      });
    }
    return count;
  }
}

/** What a read was asked besides, and how fresh it must be. */
function split<O extends object>(options: (O & ReadOptions) | undefined): [rest: O | undefined, freshness: unknown] {
  if (options === undefined || options === null || typeof options !== "object") return [options, undefined];
  const { freshness, ...rest } = options;
  return [rest as unknown as O, freshness];
}

/** Throws BAD_KEY or DUPLICATE_KEY. */
function distinct<K extends Key>(keys: readonly K[]): K[] {
  if (!Array.isArray(keys)) throw new HnswError("BAD_KEY", "`keys` must be an array.");
  const own: K[] = Array.from(keys);
  const seen = new Set<K>();
  for (const key of own) {
    if (seen.has(key)) throw new HnswError("DUPLICATE_KEY", `The key ${show(key)} is there twice.`);
    seen.add(key);
  }
  return own;
}
