/* What do the core's tests share? A space on one thread without workers. */
import { expect } from "bun:test";
import {
  CHUNK_BITS,
  CODE_HEADER,
  DOUBLES,
  G_COUNT,
  G_GRAPH,
  LIST_COUNT,
  LIST_DIVERSE,
  LIST_HEADER,
  NOT_FOUND,
  OK,
  OK_WAKE,
  S_GENERATIONS,
} from "../../assembly/layout.ts";
import { type Build, bestVariant, compileCore, type Variant } from "../../src/core/build.ts";
import * as calls from "../../src/core/calls.ts";
import { type PartitionSettings, Seat } from "../../src/core/seat.ts";
import type { Key } from "../../src/values/keys.ts";
import type { Metric } from "../../src/values/metric.ts";
import type { Hit } from "../../src/values/reports.ts";
import type { VectorSet } from "../support/vectors.ts";

export type { Metric };

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** A compiled build of the core, compiled once per process. */
export function coreModule(build: Build = "release", variant: Variant = bestVariant()): Promise<WebAssembly.Module> {
  const name = `${build}.${variant}`;
  const known = modules.get(name) ?? compileCore(build, variant);
  modules.set(name, known);
  return known;
}

export function partitionSettings(changes: Partial<PartitionSettings> = {}): PartitionSettings {
  return {
    dimensions: 8,
    metric: "l2",
    M: 16,
    efConstruction: 64,
    seed: 1,
    flatBelow: 256,
    maxPending: 1e9,
    partitionLimit: 2 ** 32 - 2 * 65536,
    quantization: "auto",
    ...changes,
  };
}

const SECRET = Uint32Array.of(1, 2, 3, 4); // so that the same ops leave the same bytes

/** A partition of its own with this thread in seat 0. */
export async function partition(
  changes: Partial<PartitionSettings> = {},
  build: Build = "release",
  variant: Variant = bestVariant(),
): Promise<Seat> {
  return Seat.create(await coreModule(build, variant), partitionSettings(changes), 0, true, true, SECRET);
}

/** One space, driven by calling the core directly. */
export class CoreSpace {
  readonly seat: Seat;
  readonly name: string;
  readonly at: number;
  readonly incarnation: number;

  constructor(seat: Seat, name: string) {
    this.seat = seat;
    this.name = name;
    const status = seat.core.openSpace(seat.putKey(name), 0, 1);
    if (status !== OK) throw new Error(`openSpace returned ${status}`);
    this.at = seat.infoAt(0);
    this.incarnation = seat.infoAt(1);
  }

  /** The status of an upsert. */
  tryAdd(key: Key, vector: ArrayLike<number>, mine = 0): number {
    this.seat.putVector(new Float32Array(vector));
    return this.seat.core.add(this.at, this.incarnation, this.seat.putKey(key), 0, mine);
  }

  add(key: Key, vector: ArrayLike<number>): void {
    const status = this.tryAdd(key, vector);
    if (status !== OK && status !== OK_WAKE) throw new Error(`add of ${String(key)} returned ${status}`);
  }

  /** Adds the vectors of a flat array under the keys 0, 1, 2, … */
  addAll(set: VectorSet): void {
    for (let i = 0; i < set.count; i++) this.add(i, set.at(i));
  }

  /** Adds `from` up to `to` of the vectors of a set under their numbers, to be linked together, `portion` at a time. */
  addTogether(set: VectorSet, from: number, to: number, portion: number): void {
    const offer = this.offer(to - from, portion);
    for (let i = from; i < to; i++) this.add(i, set.at(i));
    this.endOffer(offer);
  }

  /** Returns the number of the offer. */
  offer(count: number, portion: number): number {
    const { core } = this.seat;
    const status = core.reserve(this.at, this.incarnation, count, 0, 0, portion);
    if (status !== OK) throw new Error(`reserve returned ${status}`);
    const offer = this.seat.infoAt(2);
    core.unreserve(this.seat.infoAt(0), 0, 0, 0);
    return offer;
  }

  endOffer(offer: number): void {
    this.seat.core.unreserve(0, this.at, this.incarnation, offer);
  }

  /** Whether the key was there. */
  remove(key: Key): boolean {
    const status = this.seat.core.remove(this.at, this.incarnation, this.seat.putKey(key));
    if (status !== OK && status !== OK_WAKE && status !== NOT_FOUND) throw new Error(`remove returned ${status}`);
    return status !== NOT_FOUND;
  }

  get(key: Key): Float32Array | undefined {
    const status = this.seat.core.get(this.at, this.incarnation, this.seat.putKey(key), 1);
    if (status === NOT_FOUND) return undefined;
    if (status !== OK) throw new Error(`get returned ${status}`);
    return this.seat.takeVector();
  }

  search(query: ArrayLike<number>, k: number, ef = 64): Hit[] {
    return this.ask(query, k, ef, false);
  }

  searchExactly(query: ArrayLike<number>, k: number): Hit[] {
    return this.ask(query, k, 1, true);
  }

  private ask(query: ArrayLike<number>, k: number, ef: number, exactly: boolean): Hit[] {
    this.seat.putVector(new Float32Array(query));
    const count = this.seat.core.search(this.at, this.incarnation, k, ef, exactly ? 1 : 0);
    if (count < 0) throw new Error(`search returned ${count}`);
    const hits = this.seat.readHits(count);
    this.seat.core.endSearch();
    return hits;
  }

  /** Oldest vector first. */
  keys(): Key[] {
    const pieces = calls.startScan(this.seat, { address: this.at, incarnation: this.incarnation });
    if (typeof pieces === "number") throw new Error(`startScan returned ${pieces}`);
    const hits = pieces.flatMap((piece) => {
      const found = calls.scanPiece(this.seat, piece, 0);
      if (typeof found === "number") throw new Error(`scanPiece returned ${found}`);
      return found;
    });
    calls.endScan(this.seat);
    return hits.sort((a, b) => a.age - b.age).map(({ key }) => key);
  }

  /** Links and compacts until nothing is left to do in the seat's partition. */
  linkAll(): void {
    linkAll(this.seat);
  }

  /** A whole census: how many slots it did not reach from the entry point. */
  census(mend: boolean): number {
    const { core } = this.seat;
    if (core.startCensus(this.at, this.incarnation, 1) !== 1) return 0;
    let status = 1;
    while (status === 1) status = core.continueCensus(10_000, mend ? 1 : 0);
    if (status !== 0) throw new Error(`census returned ${status}`);
    return this.seat.infoAt(0);
  }

  figures() {
    const found = calls.figuresOf(this.seat, 0).find(({ name }) => name === this.name)!;
    return { ...found, graph: found.kind === "graph", f32Beam: found.beam === "f32" };
  }

  /** Fails unless every invariant of assembly/upkeep/check.ts holds and this thread holds no lock. */
  expectWhole(context: string): void {
    const broken = this.seat.core.check(0, 0) || this.seat.core.check(this.at, this.incarnation);
    const where = [0, 1, 2].map((i) => this.seat.infoAt(i));
    expect({ broken, where: broken === 0 ? [] : where, context }).toEqual({ broken: 0, where: [], context });
    expect({ locks: this.seat.core.holdsLocks(), context }).toEqual({ locks: 0, context });
  }

  drop(): void {
    const status = this.seat.core.dropSpace(this.at, this.incarnation);
    if (status !== OK) throw new Error(`dropSpace returned ${status}`);
  }
}

export function linkAll(seat: Seat): void {
  let rounds = 0;
  while (seat.core.hasClaims() !== 0 || seat.core.claim(0, 500, 1) !== 0) {
    while (seat.core.link(100) !== 0) if (++rounds > 1e6) throw new Error("linking does not end");
    if (++rounds > 1e6) throw new Error("claiming does not end");
  }
}

/** Bytes that the partition's blocks take now. */
export function usedBytes(seat: Seat): number {
  seat.core.partitionInfo();
  return seat.infoAt(0);
}

/** Empties the level-0 lists of the chosen slots of a graph with M 16, laid out by graph/lists and memory/settings. */
export function cutLists(space: CoreSpace, chosen: (slot: number) => boolean): number {
  const words = new Uint32Array(space.seat.memory.buffer);
  const generation = words[(space.at + S_GENERATIONS) >>> 2]!;
  const directory = words[(generation + G_GRAPH) >>> 2]!;
  const codeStride = (CODE_HEADER + space.seat.dimensions + 3) & ~3;
  const linksOffset = (1024 * codeStride + 31) & ~15;
  const listStride = LIST_HEADER + 4 * 16 * 4;
  const count = words[(generation + G_COUNT) >>> 2]!;
  let cut = 0;
  for (let slot = 0; slot < count; slot++) {
    if (!chosen(slot)) continue;
    const chunk = words[(directory >>> 2) + (slot >>> CHUNK_BITS)]!;
    const list = chunk + linksOffset + (slot & 1023) * listStride;
    words[(list + LIST_COUNT) >>> 2] = 0;
    words[(list + LIST_DIVERSE) >>> 2]! &= DOUBLES;
    cut++;
  }
  return cut;
}

/** Share of the vectors, under the keys 0, 1, 2, …, whose own key is the first hit of a search for them. */
export function ownNearest(space: CoreSpace, set: VectorSet): number {
  let own = 0;
  for (let i = 0; i < set.count; i++) if (space.search(set.at(i), 1)[0]!.key === i) own++;
  return own / set.count;
}
