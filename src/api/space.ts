/* One tenant's vectors: how are they added, deleted, looked up and searched? */
import {
  E_BUSY,
  E_JOURNAL_FULL,
  E_MEMORY,
  E_NOT_FINITE,
  E_PENDING,
  E_STALE,
  E_ZERO,
  NOT_FOUND,
  OK,
  OK_WAKE,
} from "../../assembly/layout.ts";
import { AGAIN, insist } from "../core/retry.ts";
import type { Seat } from "../core/seat.ts";
import { type Look, searchFiltered } from "../engine/filtered-search.ts";
import type { Handle, SpaceRef } from "../engine/handle.ts";
import { BUSY, DONE, FULL, MORE, type Outcome } from "../engine/waiting-line.ts";
import { HnswError } from "../errors.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { nextTurn, Slice } from "../runtime/event-loop.ts";
import type { Hit } from "../values/hit.ts";
import { type Key, keyBytes } from "../values/keys.ts";
import { checkShape, type Vector, VectorList } from "../values/vectors.ts";
import type { SearchSpreader } from "../workers/search-shares.ts";

const SLICE_MS = 2; // how long addMany keeps the event loop waiting at a time
const MOST_KEYS_AT_ONCE = 0xffffff;
const NOTHING = new Float32Array(0);

/**
 * A named set of vectors; searches never leave it. It comes into being with its first add, and any number of `Space`
 * objects, on any thread, may stand for the same one.
 */
export class Space {
  readonly name: string;
  private readonly handle: Handle;
  private readonly spread: SearchSpreader | null;

  /** @internal Use `index.space(name)`. */
  constructor(name: string, handle: Handle, spread: SearchSpreader | null) {
    this.name = name;
    this.handle = handle;
    this.spread = spread;
  }

  /**
   * Adds a vector under a key, or replaces the one that is there. Searches see it once it is accepted. Resolves then, or
   * with a `path` and `durability: "commit"` when it is on the disk. Waits in line while the space has `maxPending` ops
   * to be linked.
   *
   * Rejects with BAD_KEY, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, ZERO_VECTOR, OUT_OF_MEMORY, TIMEOUT,
   * CLOSED, DAMAGED or, with a `path`, JOURNAL_FAILED: nothing has changed then. With JOURNAL_UNCERTAIN it is accepted and
   * not known to be on the disk yet; with INTERNAL it is in as a whole or not at all, as the message says.
   */
  add(key: Key, vector: Vector): Promise<void> {
    try {
      this.handle.assertOpen();
      checkShape(vector, this.handle.settings.dimensions);
      this.handle.seats[0]!.putKey(key); // refuses a bad key before the op waits
      let given: Vector | null = vector;
      return this.handle.accept(() => {
        const outcome = this.tryAdd(key, given!);
        // It waits from here on: the caller may reuse the array.
        if (outcome !== DONE && given === vector) given = Float64Array.from(vector);
        return outcome;
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private tryAdd(key: Key, vector: Vector): Outcome {
    const ref = this.handle.find(this.name, true);
    if (ref === AGAIN) return BUSY;
    const { seat } = ref;
    seat.putVector(vector as ArrayLike<number>, 0);
    return this.outcome(
      ref,
      this.handle.guarded(() => seat.core.add(ref.address, ref.incarnation, seat.putKey(key), 0, 0)),
    );
  }

  private outcome(ref: SpaceRef, answer: number): Outcome {
    if (answer === OK || answer === OK_WAKE) {
      this.handle.accepted(ref.partition);
      if (answer === OK_WAKE) this.handle.wake(ref.home);
      return DONE;
    }
    if (answer === E_JOURNAL_FULL) {
      this.handle.journal?.board.hurry();
      return FULL;
    }
    if (answer === E_PENDING) {
      this.handle.wake(ref.home);
      return FULL;
    }
    if (answer === E_BUSY) return BUSY;
    if (answer === E_STALE) {
      this.handle.forget(this.name);
      return BUSY; // dropped meanwhile: the next try makes it anew
    }
    throw this.handle.refusal(answer, ref.seat);
  }

  /**
   * Adds many vectors: one flat Float32Array of keys.length × dimensions, or an array of vectors. Everything is
   * checked, and memory for all of it set aside, before the first is accepted; then they go in by slices of 2 ms, in
   * order, and the event loop runs between them. Do not change the arrays before the promise settles.
   *
   * Rejects like `add`, and with DUPLICATE_KEY when a key appears twice, INPUT_CHANGED when a vector became invalid
   * while the call was running, and SPACE_DROPPED; the last two say how many were accepted. What else rejects once the
   * first is accepted (TIMEOUT, CLOSED, DAMAGED, JOURNAL_FAILED, JOURNAL_UNCERTAIN, INTERNAL) may leave some accepted.
   */
  async addMany(keys: readonly Key[], vectors: Float32Array | readonly Vector[]): Promise<void> {
    const { handle } = this;
    handle.assertOpen();
    const list = new VectorList(vectors, handle.settings.dimensions);
    if (!Array.isArray(keys)) throw new HnswError("BAD_KEY", "`keys` must be an array.");
    if (keys.length !== list.count) {
      throw new HnswError("BAD_VECTOR", `There are ${keys.length} keys and ${list.count} vectors.`);
    }
    if (keys.length > MOST_KEYS_AT_ONCE) throw new HnswError("BAD_KEY", `At most ${MOST_KEYS_AT_ONCE} keys at once.`);
    if (keys.length === 0) return;
    const seen = new Set<Key>();
    let bytes = 0;
    let state: { ref: SpaceRef; left: number } | null = null;
    let done = 0;
    try {
      await handle.accept(() => {
        // In line from the first check on, so that ops that come later stay behind.
        if (seen.size < keys.length) {
          bytes += this.checkSlice(keys, list, seen);
          if (seen.size < keys.length) return MORE;
        }
        if (state === null) {
          const reserved = this.tryReserve(keys.length, bytes);
          if (reserved === null) return BUSY;
          state = reserved;
        }
        const { outcome, accepted } = this.addSlice(keys, list, done, state.ref, state.left);
        done += accepted;
        return outcome;
      });
    } finally {
      if (state !== null) await this.giveBack(state);
    }
  }

  /** Looks at keys and vectors for one slice of time, from where `seen` ends; answers the bytes of those keys. */
  private checkSlice(keys: readonly Key[], list: VectorList, seen: Set<Key>): number {
    const seat = this.handle.seats[0]!;
    const end = performance.now() + SLICE_MS;
    let bytes = 0;
    do {
      const first = seen.size;
      const count = Math.min(seat.intake, keys.length - first);
      for (let i = first; i < first + count; i++) {
        bytes += keyBytes(this.putKeyAt(seat, keys[i]!, i));
        seen.add(keys[i]!);
        if (seen.size !== i + 1) throw duplicate(keys[i]!);
      }
      list.checkRows(first, count);
      list.copyTo(seat, first, count);
      const answer = seat.core.checkVectors(count);
      if (answer !== OK) throw this.handle.refusal(answer, seat, `Vector ${first + seat.infoAt(1)}`);
    } while (seen.size < keys.length && performance.now() < end);
    return bytes;
  }

  private putKeyAt(seat: Seat, key: Key, i: number): number {
    try {
      return seat.putKey(key);
    } catch (error) {
      throw new HnswError("BAD_KEY", `Key ${i}: ${(error as Error).message}`, { cause: error });
    }
  }

  private tryReserve(count: number, bytes: number): { ref: SpaceRef; left: number } | null {
    const ref = this.handle.find(this.name, true);
    if (ref === AGAIN) return null;
    const { core } = ref.seat;
    const answer = this.handle.guarded(() => core.reserve(ref.address, ref.incarnation, count, bytes));
    if (answer === OK) return { ref, left: ref.seat.infoAt(0) };
    if (answer === E_STALE) this.handle.forget(this.name);
    if (answer === E_STALE || answer === E_BUSY) return null;
    const [needed, available] = [ref.seat.infoAt(0), ref.seat.infoAt(1)];
    const refusal = this.handle.refusal(E_MEMORY, ref.seat).message;
    throw new HnswError("OUT_OF_MEMORY", `${count} vectors need ${needed} bytes, ${available} are free. ${refusal}`);
  }

  private addSlice(
    keys: readonly Key[],
    list: VectorList,
    first: number,
    ref: SpaceRef,
    mine: number,
  ): { outcome: Outcome; accepted: number } {
    const { handle } = this;
    const { seat } = ref;
    const end = performance.now() + SLICE_MS;
    let next = first;
    while (next < keys.length) {
      const count = Math.min(seat.intake, keys.length - next);
      try {
        list.checkRows(next, count);
      } catch (error) {
        throw changed(next, error as HnswError);
      }
      list.copyTo(seat, next, count);
      for (let i = 0; i < count; i++, next++) {
        const header = seat.putKey(keys[next]!);
        const answer = handle.guarded(() => seat.core.add(ref.address, ref.incarnation, header, i, mine));
        if (answer === OK) {
          handle.accepted(ref.partition);
          continue;
        }
        if (answer === E_STALE) throw dropped(this.name, next);
        if (answer <= E_NOT_FINITE && answer >= E_ZERO) throw changed(next, this.handle.refusal(answer, seat));
        const outcome = this.outcome(ref, answer);
        if (outcome !== DONE) return { outcome, accepted: next - first };
      }
      if (next < keys.length && performance.now() >= end) return { outcome: MORE, accepted: next - first };
    }
    return { outcome: DONE, accepted: next - first };
  }

  /** Even when this handle was closed meanwhile: the others go on with the partition's memory. */
  private async giveBack({ ref, left }: { ref: SpaceRef; left: number }): Promise<void> {
    const { handle } = this;
    const isBusy = () => handle.guarded(() => ref.seat.core.unreserve(left)) === E_BUSY && !handle.control.closed;
    if (!isBusy()) return;
    // The caller waits as long as for anything else; the bytes are given back however long it takes.
    const given = handle.using(async () => {
      while (isBusy()) await nextTurn();
    });
    await handle.endOf(given);
  }

  /**
   * Deletes a key. Resolves, as `add` does, to whether it was there. Rejects with BAD_KEY, TIMEOUT, CLOSED, DAMAGED,
   * JOURNAL_FAILED, JOURNAL_UNCERTAIN or INTERNAL, as `add` does.
   */
  async delete(key: Key): Promise<boolean> {
    this.handle.assertOpen();
    this.handle.seats[0]!.putKey(key);
    let found = false;
    await this.handle.accept(() => {
      const answer = this.tryDelete(key);
      if (answer === null) return BUSY;
      found = answer;
      return DONE;
    });
    return found;
  }

  /**
   * Deletes keys, in order; resolves to how many were there. Rejects with BAD_KEY or DUPLICATE_KEY before any, with
   * what else `delete` rejects with perhaps after some.
   */
  async deleteMany(keys: readonly Key[]): Promise<number> {
    this.handle.assertOpen();
    if (!Array.isArray(keys)) throw new HnswError("BAD_KEY", "`keys` must be an array.");
    const seen = new Set<Key>();
    for (const key of keys) {
      this.handle.seats[0]!.putKey(key);
      if (seen.has(key)) throw duplicate(key);
      seen.add(key);
    }
    let found = 0;
    let next = 0;
    await this.handle.accept(() => {
      const end = performance.now() + SLICE_MS;
      for (; next < keys.length; next++) {
        if ((next & 63) === 63 && performance.now() >= end) return MORE;
        const answer = this.tryDelete(keys[next]!);
        if (answer === null) return BUSY;
        if (answer) found++;
      }
      return DONE;
    });
    return found;
  }

  /** Whether the key was there, or null when the partition is busy. */
  private tryDelete(key: Key): boolean | null {
    const ref = this.handle.find(this.name, false);
    if (ref === AGAIN) return null;
    if (ref === null) return false;
    const { seat } = ref;
    const answer = this.handle.guarded(() => seat.core.remove(ref.address, ref.incarnation, seat.putKey(key)));
    if (answer === NOT_FOUND) {
      this.handle.accepted(ref.partition); // that it is gone may not be durable yet
      return false;
    }
    return this.outcome(ref, answer) === DONE ? true : null;
  }

  /** Whether the key is there. Rejects with BAD_KEY, TIMEOUT or CLOSED. */
  async has(key: Key): Promise<boolean> {
    return (await this.lookUp(key, false)) !== undefined;
  }

  /** The vector added under the key, bit for bit as 32-bit floats, or undefined. Rejects with BAD_KEY, TIMEOUT, CLOSED. */
  async get(key: Key): Promise<Float32Array | undefined> {
    return await this.lookUp(key, true);
  }

  /** The key's vector (empty unless `copy`), taken out of the seat before any other call can use its scratch. */
  private async lookUp(key: Key, copy: boolean): Promise<Float32Array | undefined> {
    this.handle.assertOpen();
    this.handle.seats[0]!.putKey(key);
    return await this.handle.eventually(() => {
      const ref = this.handle.find(this.name, false);
      if (ref === AGAIN) return AGAIN;
      if (ref === null) return undefined;
      const { seat } = ref;
      const answer = this.handle.guarded(() =>
        seat.core.get(ref.address, ref.incarnation, seat.putKey(key), copy ? 1 : 0),
      );
      if (answer === OK) return copy ? seat.takeVector() : NOTHING;
      return answer === NOT_FOUND ? undefined : this.again(answer, ref);
    });
  }

  /** After E_BUSY, or E_STALE: it was dropped, and may be made anew. Throws what else the core may have answered. */
  private again(answer: number, ref: SpaceRef): typeof AGAIN {
    if (answer === E_STALE) this.handle.forget(this.name);
    else if (answer !== E_BUSY) throw this.handle.refusal(answer, ref.seat, "The query");
    return AGAIN;
  }

  /** Live vectors. Throws CLOSED, or TIMEOUT when the partition's lock is not free for about a second. */
  get size(): number {
    this.handle.assertOpen();
    const ref = insist(() => this.handle.find(this.name, false));
    if (ref === null) return 0;
    const live = ref.seat.core.liveIn(ref.address, ref.incarnation);
    if (live !== E_STALE) return live >>> 0;
    this.handle.forget(this.name);
    return this.size;
  }

  /** Every key, oldest vector first. Rejects with OUT_OF_MEMORY, TIMEOUT or CLOSED. */
  async keys(): Promise<Key[]> {
    return await this.handle.eventually(() => {
      const ref = this.handle.find(this.name, false);
      if (ref === AGAIN) return AGAIN;
      if (ref === null) return [];
      const count = this.handle.guarded(() => ref.seat.core.listKeys(ref.address, ref.incarnation));
      if (count < 0) return this.again(count, ref);
      try {
        return ref.seat.readKeys(count);
      } finally {
        ref.seat.core.endSearch();
      }
    });
  }

  /**
   * The k nearest to a query, nearest first; fewer when the space holds fewer. Sees everything accepted before the
   * call. Runs on the calling thread. Rejects with BAD_K, BAD_OPTION, BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE,
   * NORM_OVERFLOW, ZERO_VECTOR, OUT_OF_MEMORY, TIMEOUT or CLOSED.
   */
  search(query: Vector, options?: SearchOptions): Promise<Hit[]> {
    try {
      this.handle.assertOpen();
      checkShape(query, this.handle.settings.dimensions, "The query");
      const { k, ef, filter } = resolveSearch(options, this.handle.settings.ef);
      if (filter) return this.searchFiltered(Float64Array.from(query), k, ef, filter);
      const hits = this.searchNow(query, k, ef, false);
      return hits === AGAIN ? this.searchLater(Float64Array.from(query), k, ef, false) : Promise.resolve(hits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** One search on this thread. */
  private searchNow(query: Vector, k: number, ef: number, exactly: boolean): Hit[] | typeof AGAIN {
    const ref = this.handle.find(this.name, false);
    if (ref === AGAIN) return AGAIN;
    if (ref === null) return this.searchNothing(query);
    const { seat } = ref;
    seat.putVector(query as ArrayLike<number>, 0);
    const found = this.handle.guarded(() => seat.core.search(ref.address, ref.incarnation, k, ef, exactly ? 1 : 0));
    if (found < 0) return this.again(found, ref);
    try {
      return seat.readHits(found);
    } finally {
      seat.core.endSearch();
    }
  }

  /** A bad query is refused even where there is nothing to search. */
  private searchNothing(query: Vector): Hit[] {
    const seat = this.handle.seats[0]!;
    seat.putVector(query as ArrayLike<number>, 0);
    const answer = seat.core.checkVectors(1);
    if (answer !== OK) throw this.handle.refusal(answer, seat, "The query");
    return [];
  }

  private searchLater(query: Vector, k: number, ef: number, exactly: boolean): Promise<Hit[]> {
    return this.handle.eventually(() => this.searchNow(query, k, ef, exactly));
  }

  private searchFiltered(query: Vector, k: number, ef: number, filter: (key: Key) => boolean): Promise<Hit[]> {
    const look: Look = (width, ef, exactly) => this.searchLater(query, width, ef, exactly);
    return searchFiltered(look, k, ef, filter);
  }

  /**
   * Searches for many queries (one flat Float32Array or an array of vectors), spread over the workers ahead of their
   * linking; with a filter, or where there are no workers, on the calling thread by slices. One list of hits a query.
   * Do not change the arrays before the promise settles.
   *
   * Rejects with BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, ZERO_VECTOR, BAD_K, BAD_OPTION, TIMEOUT or CLOSED.
   */
  async searchMany(queries: Float32Array | readonly Vector[], options?: SearchOptions): Promise<Hit[][]> {
    const { handle } = this;
    handle.assertOpen();
    const list = new VectorList(queries, handle.settings.dimensions);
    const { k, ef, filter } = resolveSearch(options, handle.settings.ef);
    await this.checkQueries(list);
    const ref = await handle.eventually(() => handle.find(this.name, false));
    if (ref === null) return Array.from({ length: list.count }, () => []);
    const answered = this.spread && !filter ? await this.spread(ref, list, k, ef) : [];
    const results: Hit[][] = [];
    const slice = new Slice(SLICE_MS);
    for (let i = 0; i < list.count; i++) {
      const query = list.row(i);
      results.push(
        answered[i] ??
          (filter ? await this.searchFiltered(query, k, ef, filter) : await this.searchLater(query, k, ef, false)),
      );
      if (slice.isOver) await slice.next();
    }
    return results;
  }

  private async checkQueries(list: VectorList): Promise<void> {
    const { handle } = this;
    const seat = handle.seats[0]!;
    const slice = new Slice(SLICE_MS);
    for (let first = 0; first < list.count; first += seat.intake) {
      const count = Math.min(seat.intake, list.count - first);
      list.checkRows(first, count);
      list.copyTo(seat, first, count);
      const answer = seat.core.checkVectors(count);
      if (answer !== OK) throw handle.refusal(answer, seat, `Query ${first + seat.infoAt(1)}`);
      if (!slice.isOver) continue;
      await slice.next();
      handle.assertOpen();
    }
  }
}

function duplicate(key: Key): HnswError {
  return new HnswError(
    "DUPLICATE_KEY",
    `The key ${typeof key === "bigint" ? `${key}n` : JSON.stringify(key)} appears twice.`,
  );
}

function dropped(name: string, accepted: number): HnswError {
  return new HnswError("SPACE_DROPPED", `Space "${name}" was dropped after ${accepted} vectors had been accepted.`);
}

function changed(accepted: number, cause: HnswError): HnswError {
  const message = `Vector ${accepted} changed while addMany was reading it: ${cause.message} ${accepted} were accepted.`;
  return new HnswError("INPUT_CHANGED", message, { cause });
}
