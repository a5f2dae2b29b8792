/*
 * How does a thread reach a partition? A `Seat` is its instance of the core in the partition's memory, with views on the
 * scratch in which it and the core hand each other keys, vectors, figures and hits. What it can be asked: calls.ts.
 */
import * as layout from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import { decodeKey, encodeKey, encodeName, isSurelyKey, type Key, type KeyHeader } from "../values/keys.ts";
import { METRICS } from "../values/metric.ts";
import type { NumberArray, NumberView } from "../values/number-arrays.ts";
import type { Hit } from "../values/reports.ts";
import { type CoreExports, instantiate } from "./exports.ts";
import { insist } from "./retry.ts";

/** What a partition is set up with; see `assembly/memory/settings.ts`. */
export type PartitionSettings = Pick<
  Settings,
  "dimensions" | "metric" | "M" | "efConstruction" | "seed" | "flatBelow" | "maxPending" | "quantization"
> & {
  /** Bytes that its blocks may take. */
  partitionLimit: number;
  /** Slots from which on what becomes work at once is linked together, and at most how many at a time; null: never. */
  portions?: { from: number; most: number } | null;
};

/** A hit of a piece of a scan: nearer ones have a lower rank; of those with equal ranks, older ones a lower age. */
export interface RankedHit {
  key: Key;
  rank: number;
  age: number;
}

export class Seat {
  readonly memory: WebAssembly.Memory;
  readonly core: CoreExports;
  readonly number: number;
  /** Vectors that the intake takes at once. */
  readonly intake: number;
  readonly dimensions: number;
  /** Whether ranks are not distances (assembly/vectors/metric.ts). */
  readonly isDot: boolean;
  private readonly stride: number;
  /** Address of the seat's scratch. */
  private readonly at: number;
  private info!: Uint32Array;
  private floats!: Float32Array;
  private scratchBytes!: Uint8Array;
  private intakeView!: Uint8Array;
  private bytes!: Uint8Array;
  private words!: Uint32Array;
  private distances!: Float32Array;

  /** `bound`: what the core returned when it was bound to the seat. */
  private constructor(core: CoreExports, memory: WebAssembly.Memory, number: number, bound: number) {
    if (bound === layout.E_MEMORY) throw outOfMemory();
    if (bound !== layout.OK) throw new HnswError("BAD_OPTION", "This is not the memory of an open index.");
    this.core = core;
    this.memory = memory;
    this.number = number;
    this.dimensions = new Uint32Array(memory.buffer, layout.P_DIMENSIONS, 1)[0]!;
    this.isDot = new Uint32Array(memory.buffer, layout.P_METRIC, 1)[0]! === layout.METRIC_DOT;
    this.stride = (this.dimensions + 3) & ~3;
    this.intake = Math.max(1, Math.min(256, Math.floor(layout.INTAKE_BYTES / (4 * this.stride))));
    this.at = core.scratchAddress() >>> 0; // addresses above 2 GiB arrive negative
    this.renew();
  }

  private renew(): void {
    const { at } = this;
    const { buffer } = this.memory;
    this.info = new Uint32Array(buffer, at + layout.X_INFO, layout.INFO_WORDS);
    this.floats = new Float32Array(buffer, at + layout.X_VECTORS, this.intake * this.stride);
    this.scratchBytes = new Uint8Array(buffer, at, layout.X_VECTORS);
    this.intakeView = new Uint8Array(buffer, at + layout.X_VECTORS, layout.INTAKE_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
    this.distances = new Float32Array(buffer, 0, buffer.byteLength >>> 2);
  }

  /** Memory that is not shared moves when it grows, and takes its views with it: their length is 0 then. */
  private fresh(): void {
    if (this.info.length === 0) this.renew();
  }

  /** Sets up a fresh partition and takes seat `number` in it. Its key tables are hashed with the `secret`, four words. */
  static create(
    module: WebAssembly.Module,
    settings: PartitionSettings,
    number: number,
    maySleep: boolean,
    shared = true,
    secret = crypto.getRandomValues(new Uint32Array(4)),
  ): Seat {
    const { dimensions, metric, M, efConstruction, seed, flatBelow, maxPending, quantization } = settings;
    const memory = createMemory(shared);
    const core = instantiate(module, memory);
    const shape = [dimensions, METRICS[metric], M, efConstruction, seed];
    const policy = [flatBelow, maxPending, quantization === "none" ? 1 : 0, settings.partitionLimit];
    const portions = [settings.portions?.from ?? 0, settings.portions?.most ?? 0];
    if (!core.setUp(...shape, ...policy, ...portions, ...secret)) throw outOfMemory();
    markIn(memory)[0] = Math.random() * 2 ** 32;
    return new Seat(core, memory, number, bind(core, number, maySleep));
  }

  /** Takes seat `number` in a partition that another thread has set up. */
  static join(module: WebAssembly.Module, memory: WebAssembly.Memory, number: number, maySleep: boolean): Seat {
    const core = instantiate(module, memory);
    return new Seat(core, memory, number, bind(core, number, maySleep));
  }

  /** The same for a thread that may not sleep; `whenFree` tries again in later turns while the partition is busy. */
  static async joinWhenFree(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    number: number,
    whenFree: (call: () => number) => Promise<number>,
  ): Promise<Seat> {
    const core = instantiate(module, memory);
    return new Seat(core, memory, number, await whenFree(() => tryBind(core, number, false)));
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Word `i` of what the last call left besides its status. For calls/ only. */
  infoAt(i: number): number {
    this.fresh();
    return this.info[i]!;
  }

  /** Words `i` and `i + 1` of that, the lower one first, as one number. */
  wideInfoAt(i: number): number {
    this.fresh();
    return this.info[i]! + this.info[i + 1]! * 2 ** 32;
  }

  /** Number of the partition's last op, as an op that was just accepted left it. */
  get sequence(): number {
    return this.wideInfoAt(layout.INFO_SEQUENCE);
  }

  /** Throws BAD_KEY for what is no key. May leave another key in scratch. */
  checkKey(key: Key): void {
    if (!isSurelyKey(key)) this.putKey(key);
  }

  /** Encodes a key into scratch. */
  putKey(key: Key): KeyHeader {
    this.fresh();
    return encodeKey(key, this.scratchBytes, layout.X_KEY);
  }

  /** Encodes the name of a space into scratch. */
  putName(name: string): KeyHeader {
    this.fresh();
    return encodeName(name, this.scratchBytes, layout.X_KEY);
  }

  /** Puts the bytes of an encoded key or name into scratch. */
  putKeyBytes(key: Uint8Array): void {
    this.fresh();
    this.scratchBytes.set(key, layout.X_KEY);
  }

  /** Copies a vector to the start of the intake. */
  putVector(vector: NumberArray): void {
    this.fresh();
    this.floats.set(vector);
    this.pad(0);
  }

  /** Copies `count` vectors of a flat array to the start of the intake. */
  putVectors(vectors: NumberView, first: number, count: number): void {
    this.fresh();
    const d = this.dimensions;
    if (d === this.stride) {
      this.floats.set(vectors.subarray(first * d, (first + count) * d));
      return;
    }
    for (let i = 0; i < count; i++) {
      this.floats.set(vectors.subarray((first + i) * d, (first + i + 1) * d), i * this.stride);
      this.pad(i);
    }
  }

  /** Puts a vector's bytes at the start of the intake. */
  putVectorBytes(vector: Uint8Array): void {
    this.fresh();
    this.intakeView.set(vector);
    this.pad(0);
  }

  /** The core compares vectors with their padding, and the intake may hold anything: also what the core wrote there. */
  private pad(index: number): void {
    const end = (index + 1) * this.stride;
    for (let at = index * this.stride + this.dimensions; at < end; at++) this.floats[at] = 0;
  }

  /** The intake as bytes: where frames of snapshots come and go, and lists of spaces. */
  get intakeBytes(): Uint8Array {
    this.fresh();
    return this.intakeView;
  }

  /** Copies `count` bytes of the journal's ring (at `ring`, of `size` bytes), from position `from` on. */
  copyRing(ring: number, size: number, from: number, count: number, to: Uint8Array): void {
    this.cover(ring + size);
    const at = from % size;
    const first = Math.min(count, size - at);
    to.set(this.bytes.subarray(ring + at, ring + at + first));
    to.set(this.bytes.subarray(ring, ring + count - first), first);
  }

  /** The vector that `get` left in the intake. */
  takeVector(): Float32Array {
    this.fresh();
    return Float32Array.prototype.slice.call(this.floats, 0, this.dimensions);
  }

  /** Reads `count` hits of a search that has not been ended yet, and the keys that their records hold. */
  readHits(count: number): Hit[] {
    const at = this.infoAt(0);
    this.cover(at + count * layout.HIT_BYTES);
    const hits = new Array<Hit>(count);
    for (let i = 0; i < count; i++) {
      const hit = (at + i * layout.HIT_BYTES) >>> 2;
      const record = this.words[hit + (layout.HIT_KEY >> 2)]!;
      hits[i] = { key: this.keyAt(record), distance: this.distances[hit + (layout.HIT_DISTANCE >> 2)]! };
    }
    return hits;
  }

  /** The same for a piece of a scan. */
  readRanked(count: number): RankedHit[] {
    const ageAt = (this.infoAt(0) + layout.HIT_AGE) >>> 2;
    return this.readHits(count).map(({ key, distance }, i) => {
      const age = ageAt + i * (layout.HIT_BYTES >>> 2);
      return { key, rank: distance, age: this.words[age]! + this.words[age + 1]! * 2 ** 32 };
    });
  }

  // ── the row buffer ────────────────────────────────────────────────────────────────────────────────────────────────
  /** Puts a row or a program there. Returns its bytes, E_BUSY or E_MEMORY. */
  putRow(row: Uint8Array): number {
    const status = this.core.rowSpace(row.length);
    if (status !== layout.OK) return status;
    const at = this.infoAt(0);
    this.cover(at + row.length);
    this.bytes.set(row, at);
    return row.length;
  }

  /** The first bytes of what a call left there; valid until the next one. */
  rowBytes(count: number): Uint8Array {
    this.core.rowSpace(0); // where it is: it moves when it grows
    const at = this.infoAt(0);
    this.cover(at + count);
    return this.bytes.subarray(at, at + count);
  }

  /** A copy of them. */
  takeRow(count: number): Uint8Array {
    return this.rowBytes(count).slice();
  }

  /** The key of a record, which must stay where it is until then. */
  keyAt(record: number): Key {
    if (record + layout.KEY_HEADER + 4 > this.bytes.length) this.cover(record + layout.KEY_HEADER + 1024);
    const header = this.words[record >>> 2]!;
    this.cover(record + layout.KEY_HEADER + (header & 0xffffff));
    return decodeKey(header, this.bytes, record + layout.KEY_HEADER);
  }

  /** Another thread may have grown the memory since these views were made: old views keep their length. */
  private cover(end: number): void {
    if (end > this.bytes.length) this.renew();
  }
}

/** Insists: a thread that opens or attaches an index has no later turn. */
function bind(core: CoreExports, number: number, maySleep: boolean): number {
  return insist(() => tryBind(core, number, maySleep));
}

/** What it leaves when it fails, it repairs: there is no seat yet that others could repair. */
function tryBind(core: CoreExports, number: number, maySleep: boolean): number {
  try {
    return core.bind(number, maySleep ? 1 : 0);
  } catch (error) {
    core.repairSeat(number);
    throw error;
  }
}

/** A partition's memory: 4 GiB of address space if it is shared, a few KiB resident. */
function createMemory(shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 17, maximum: layout.MAX_PAGES, ...(shared && { shared }) });
  } catch (cause) {
    const cure = "use fewer `partitions`, or close indexes that are no longer used";
    throw new HnswError("OUT_OF_MEMORY", `The process has no address space left for a partition: ${cure}.`, { cause });
  }
}

function markIn({ buffer }: WebAssembly.Memory): Uint32Array {
  return new Uint32Array(buffer, layout.P_MARK, 1);
}

/** What tells a partition's memory apart from that of any other. 0: it is none of a partition. */
export function markOf(memory: WebAssembly.Memory): number {
  return memory.buffer.byteLength < layout.ARENA ? 0 : markIn(memory)[0]!;
}

function outOfMemory(): HnswError {
  return new HnswError("OUT_OF_MEMORY", "A partition has no room for one more thread's scratch: raise `memoryLimit`.");
}
