/*
 * How is an export searched by a program that does nothing else? One partition on the calling thread: no scheduler, no
 * waiting, no journal. What was not linked when it was exported is scanned.
 */
import { NOT_FOUND, OK } from "../../assembly/layout.ts";
import { bestVariant, compileCore } from "../core/build.ts";
import { refusalOf } from "../core/calls/refusals.ts";
import { type SpaceAt, spacesOf } from "../core/calls/spaces.ts";
import { type AGAIN, eventually } from "../core/retry.ts";
import { Seat } from "../core/seat.ts";
import { searchFiltered } from "../engine/filtered-search.ts";
import type { Host } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { Arriving, startFrom } from "../snapshot/import.ts";
import type { Hit } from "../values/hit.ts";
import type { Key } from "../values/keys.ts";
import { type Metric, metricOf } from "../values/metric.ts";
import type { SnapshotSource } from "../values/snapshot-source.ts";
import { checkShape, type Vector } from "../values/vectors.ts";

export interface OpenSearchOptions {
  /** What `index.export()` gave. Flush before it: what is not linked is scanned by every search. */
  from: SnapshotSource;
  /** The compiled core, where it can't be loaded: import `hnsw-workers/core.wasm`. */
  core?: WebAssembly.Module;
  /** Default of `search`'s `ef`. 64 unless given. */
  ef?: number;
}

const DEFAULT_EF = 64;
const PARTITION_LIMIT = 2 ** 32 - 2 * 65536;
/** What was flat when it was exported stays flat: nobody links here, so room for a graph would never be used. */
const NEVER_A_GRAPH = 2 ** 32 - 1;
const NAMES = ["from", "core", "ef"];

/**
 * Opens an export for searching. Rejects with BAD_OPTION, UNSUPPORTED, SNAPSHOT_FOREIGN, SNAPSHOT_DAMAGED or
 * OUT_OF_MEMORY.
 */
export async function openSearch(options: OpenSearchOptions): Promise<SearchIndex> {
  if (typeof options !== "object" || options === null) {
    throw new HnswError("BAD_OPTION", "openSearch needs an object with at least `from`.");
  }
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new HnswError("BAD_OPTION", `\`${unknown}\` is not an option of openSearch; known are ${NAMES.join(", ")}.`);
  }
  const { from, core, ef = DEFAULT_EF } = options;
  if (core !== undefined && !(core instanceof WebAssembly.Module)) {
    throw new HnswError("BAD_OPTION", "`core` must be a WebAssembly.Module: the import of `hnsw-workers/core.wasm`.");
  }
  resolveSearch({ ef }, ef); // refuses nonsense before it reads
  const arriving = await Arriving.open(from);
  try {
    const module = core ?? (await compileCore("release", bestVariant(), false));
    const { dimensions = 1, metric: word = 0, M = 16, seed = 1 } = arriving.first ?? {};
    const metric = metricOf(word) ?? "cosine";
    const shape = { dimensions, metric, M, seed, efConstruction: 32, flatBelow: NEVER_A_GRAPH, maxPending: 1_000_000 };
    const seat = Seat.create(
      module,
      { ...shape, partitionLimit: PARTITION_LIMIT, quantization: "auto" },
      0,
      false,
      false,
    );
    const shelf = new Shelf(seat, ef);
    await startFrom(arriving, shelf);
    return new SearchIndex(shelf, dimensions, metric);
  } finally {
    await arriving.close();
  }
}

/** The one seat, for whoever fills it and whoever searches. Nobody else has its locks: nothing is ever busy. */
class Shelf implements Host {
  readonly seats: Seat[];
  readonly settings = { partitions: 1, workers: 0, timeoutMs: 30_000 };
  readonly ef: number;
  readonly spaces = new Map<string, SpaceAt>();

  constructor(seat: Seat, ef: number) {
    this.seats = [seat];
    this.ef = ef;
  }

  assertOpen(): void {
    if (this.seats.length === 0) throw new HnswError("CLOSED", "The index is closed.");
  }

  get seat(): Seat {
    this.assertOpen();
    return this.seats[0]!;
  }

  whenFree<T>(call: () => T | typeof AGAIN): Promise<T> {
    return eventually(() => this.guarded(call), this.settings.timeoutMs);
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  /** A trap is put right and becomes INTERNAL. */
  guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.seat.core.repairSeat(0);
      throw new HnswError("INTERNAL", "The core trapped; this is a bug.", { cause: error });
    }
  }

  refusal(answer: number, seat: Seat, which = "The query"): HnswError {
    return refusalOf(answer, seat, which, () => "");
  }

  wake(): void {}
}

/** An export, open to be searched. */
export class SearchIndex {
  readonly dimensions: number;
  readonly metric: Metric;
  private readonly shelf: Shelf;

  /** @internal Use `openSearch`. */
  constructor(shelf: Shelf, dimensions: number, metric: Metric) {
    this.shelf = shelf;
    this.dimensions = dimensions;
    this.metric = metric;
    for (const space of spacesOf(shelf.seat)) shelf.spaces.set(space.name, space);
  }

  /** Names of all spaces. */
  spaces(): string[] {
    return [...this.shelf.spaces.keys()];
  }

  /** The space of that name; one that was not exported holds nothing. Throws CLOSED. */
  space(name: string): SearchSpace {
    this.shelf.assertOpen();
    return new SearchSpace(name, this.shelf, this.dimensions);
  }

  /** Lets go of the memory; everything throws CLOSED from here on. */
  close(): void {
    this.shelf.seats.length = 0;
    this.shelf.spaces.clear();
  }
}

/** A named set of vectors, to be searched. */
export class SearchSpace {
  readonly name: string;
  private readonly shelf: Shelf;
  private readonly dimensions: number;

  /** @internal Use `index.space(name)`. */
  constructor(name: string, shelf: Shelf, dimensions: number) {
    this.name = name;
    this.shelf = shelf;
    this.dimensions = dimensions;
  }

  private get at(): SpaceAt | undefined {
    return this.shelf.spaces.get(this.name);
  }

  /** Vectors. Throws CLOSED. */
  get size(): number {
    const { core } = this.shelf.seat;
    return this.at === undefined ? 0 : core.liveIn(this.at.address, this.at.incarnation) >>> 0;
  }

  /** Every key, oldest vector first. Rejects with OUT_OF_MEMORY or CLOSED. */
  async keys(): Promise<Key[]> {
    const { seat } = this.shelf;
    const { at } = this;
    if (at === undefined) return [];
    return this.answered(
      () => seat.core.listKeys(at.address, at.incarnation),
      (count) => seat.readKeys(count),
    );
  }

  /** The vector under the key, bit for bit as 32-bit floats, or undefined. Rejects with BAD_KEY or CLOSED. */
  async get(key: Key): Promise<Float32Array | undefined> {
    const { seat } = this.shelf;
    const header = seat.putKey(key);
    if (this.at === undefined) return undefined;
    const answer = seat.core.get(this.at.address, this.at.incarnation, header, 1);
    return answer === NOT_FOUND ? undefined : seat.takeVector();
  }

  /**
   * The k nearest to a query, nearest first; fewer when the space holds fewer. Rejects with BAD_K, BAD_OPTION,
   * BAD_VECTOR, BAD_DIMENSIONS, NOT_FINITE, NORM_OVERFLOW, ZERO_VECTOR, OUT_OF_MEMORY or CLOSED.
   */
  async search(query: Vector, options?: SearchOptions): Promise<Hit[]> {
    checkShape(query, this.dimensions, "The query");
    const { k, ef, filter } = resolveSearch(options, this.shelf.ef);
    if (!filter) return this.look(query, k, ef, false);
    const kept = Float64Array.from(query);
    return await searchFiltered(async (width, ef, exactly) => this.look(kept, width, ef, exactly), k, ef, filter);
  }

  private look(query: Vector, k: number, ef: number, exactly: boolean): Hit[] {
    const { seat } = this.shelf;
    const { at } = this;
    seat.putVector(query as ArrayLike<number>, 0);
    if (at !== undefined) {
      return this.answered(
        () => seat.core.search(at.address, at.incarnation, k, ef, exactly ? 1 : 0),
        (count) => seat.readHits(count),
      );
    }
    const answer = seat.core.checkVectors(1); // a bad query is refused even where there is nothing to search
    if (answer !== OK) throw this.shelf.refusal(answer, seat);
    return [];
  }

  /** What a call of the core found; its refusals are thrown. */
  private answered<T>(call: () => number, read: (count: number) => T[]): T[] {
    const { seat } = this.shelf;
    const count = this.shelf.guarded(call);
    if (count < 0) throw this.shelf.refusal(count, seat);
    try {
      return read(count);
    } finally {
      seat.core.endSearch();
    }
  }
}
