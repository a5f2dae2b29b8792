/* What do both indexes of hnswlib-node share? Points by label up to a number that is fixed beforehand, and their files. */
import { HnswError, messageOf } from "../errors.ts";
import type { ForeignVectors } from "../foreign/vectors.ts";
import type { Key, OpenSyncOptions, SyncIndex, SyncSpace } from "../index.ts";
import { openSync } from "../index.ts";
import { readFileNow, writeFileNow } from "../runtime/user-file.ts";
import {
  badArgument,
  expectArray,
  expectCount,
  expectType,
  hnswlibError,
  pointOf,
  uint32,
} from "./hnswlib-arguments.ts";
import { type SpaceName, spaceOf } from "./hnswlib-spaces.ts";
import { expectNumbers, isOwnFile, numberIn, openOwnBytes, ownBytes, VECTORS } from "./own-file.ts";

export interface SearchResult {
  distances: number[];
  neighbors: number[];
}

export type FilterFunction = (label: number) => boolean;

/** What an initialised index holds. */
export interface Points {
  index: SyncIndex;
  space: SyncSpace<number>;
  maxElements: number;
}

export const MOST_LABEL = 2 ** 32 - 1;
const NOT_INITIALIZED = "Search index has not been initialized, call `initIndex` in advance.";

export abstract class HnswlibIndex<P extends Points> {
  protected readonly dimensions: number;
  protected readonly metric: "l2" | "dot" | "cosine";
  protected points: P | null = null;

  constructor(spaceName: SpaceName, numDimensions: number);
  constructor(...given: unknown[]) {
    const { dimensions, metric } = spaceOf(given);
    this.dimensions = dimensions;
    this.metric = metric;
  }

  /** The most points that it takes; 0 before `initIndex`. */
  getMaxElements(): number {
    return this.points?.maxElements ?? 0;
  }

  getNumDimensions(): number {
    return this.dimensions;
  }

  abstract getCurrentCount(): number;

  // ── points ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Checks a point and its label, in the order in which hnswlib-node does. */
  protected checkedPoint(point: unknown, label: unknown) {
    expectArray(0, point);
    expectType(1, label, "number");
    const points = this.initialized();
    const floats = pointOf(point, this.dimensions, this.metric === "cosine");
    return { points, floats, label: uint32("A label", label as number) };
  }

  protected labelOf(given: readonly unknown[]): { points: P; label: number } {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    return { points: this.initialized(), label: uint32("A label", given[0] as number) };
  }

  protected initialized(): P {
    if (this.points !== null) return this.points;
    throw badArgument(NOT_INITIALIZED);
  }

  protected refuseBeyond(count: number, { maxElements }: P): void {
    if (count >= maxElements) throw hnswlibError("The number of elements exceeds the specified limit");
  }

  // ── searches ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /** `efOf`: candidates that a search keeps, by the hits wanted. */
  protected nearest(given: readonly unknown[], efOf: (k: number) => number): SearchResult {
    expectCount(given.length, 2, 3);
    const [query, count, filter] = given;
    expectArray(0, query);
    expectType(1, count, "number");
    if (filter !== undefined) expectType(2, filter, "function");
    const { space, maxElements } = this.initialized();
    const point = pointOf(query, this.dimensions, this.metric === "cosine");
    const k = uint32("The number of k-nearest neighbors", count as number);
    if (k > maxElements) {
      const rule = `cannot be given a value greater than \`maxElements\`: ${maxElements}`;
      throw badArgument(`Invalid the number of k-nearest neighbors (${rule}).`);
    }
    const ef = efOf(k);
    if (k === 0) return { distances: [], neighbors: [] };
    const options = { k, ef, ...(filter !== undefined && { filter: passing(filter as FilterFunction) }) };
    const hits = space.search(point, options);
    return { distances: hits.map(({ distance }) => distance), neighbors: hits.map(({ key }) => key) };
  }

  // ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Saves the index to a file of this package, which hnswlib-node does not read. */
  writeIndexSync(filename: string): void;
  writeIndexSync(...given: unknown[]): void {
    const path = pathOf(given);
    if (this.points === null) throw badArgument("Search index is not constructed.");
    writeFileNow(path, this.bytesOf(this.points));
  }

  /** The same; it resolves to true once the file is on the disk. */
  writeIndex(filename: string): Promise<boolean>;
  writeIndex(...given: unknown[]): Promise<boolean> {
    const path = pathOf(given);
    return settled(() => {
      if (this.points === null) throw hnswlibError("search index is not constructed.");
      writeFileNow(path, this.bytesOf(this.points));
    });
  }

  /** What a file holds, one of this package or of hnswlib. What the index held before stays if that fails. */
  protected read(path: string, allowReplaceDeleted: boolean): void {
    const bytes = readHnswlibFile(path);
    this.points = isOwnFile(bytes) ? this.fromOwn(bytes) : this.fromForeign(bytes);
    this.afterReading(this.points, allowReplaceDeleted);
  }

  protected afterReading(_points: P, _allowReplaceDeleted: boolean): void {}
  /** What is to be known beside the points of a file of ours. */
  protected abstract about(points: P): Record<string, unknown>;
  protected abstract pointsOf(points: Points, about: Record<string, unknown>): P;
  protected abstract fromForeign(bytes: Uint8Array): P;

  private fromOwn(bytes: Uint8Array): P {
    const { dimensions, metric } = this;
    const { index, about } = openOwnBytes(bytes, { dimensions, metric });
    const points = { index, space: index.space<number>(VECTORS), maxElements: 0 };
    for (const name of index.spaces()) {
      expectNumbers(index.space(name).keys(), isLabel, "labels are integers from 0 to 4294967295");
    }
    points.maxElements = numberIn(about, "maxElements", points.space.size, MOST_LABEL) ?? points.space.size;
    return this.pointsOf(points, about);
  }

  protected bytesOf(points: P): Uint8Array {
    return ownBytes(points.index, { maxElements: points.maxElements, ...this.about(points) });
  }

  /** An empty index with room for that many points. */
  protected emptyPoints(maxElements: number, options: Partial<OpenSyncOptions> = {}): Points {
    const { dimensions, metric } = this;
    const index = openSync({ ...options, dimensions, metric });
    return { index, space: index.space<number>(VECTORS), maxElements };
  }

  /** Adds what another file holds and was not deleted. Throws EXPORT_FOREIGN for other dimensions. */
  protected addForeign({ space }: Points, found: ForeignVectors): void {
    if (found.dimensions !== this.dimensions) {
      const message = `The hnswlib file has ${found.dimensions} dimensions, the index has ${this.dimensions}.`;
      throw new HnswError("EXPORT_FOREIGN", message);
    }
    const live = Array.from({ length: found.count }, (_, i) => i).filter((i) => !found.isDeleted(i));
    const labels = live.map((i) => labelIn(found, i));
    const vectors = new Float32Array(live.length * found.dimensions);
    for (const [place, i] of live.entries()) vectors.set(found.vectorAt(i), place * found.dimensions);
    space.addMany(labels, vectors);
  }
}

const isLabel = (key: Key) => typeof key === "number" && key >= 0 && key <= MOST_LABEL;

/** Throws EXPORT_FOREIGN for a label that this class can't hold. */
export function labelIn(found: ForeignVectors, i: number): number {
  const label = found.keyAt(i);
  expectNumbers([label], isLabel, "labels are integers from 0 to 4294967295");
  return label as number;
}

function readHnswlibFile(path: string): Uint8Array {
  try {
    return readFileNow(path);
  } catch (cause) {
    throw new HnswError("PATH_FAILED", `Hnswlib Error: failed to open file: ${path} (${messageOf(cause)})`, { cause });
  }
}

export function pathOf(given: readonly unknown[]): string {
  expectCount(given.length, 1);
  expectType(0, given[0], "string");
  return given[0] as string;
}

/** Does it in a later turn, and resolves to true. */
export function settled(work: () => void): Promise<boolean> {
  return new Promise<void>((resolve) => setTimeout(resolve)).then(() => {
    work();
    return true;
  });
}

/** A verdict that is neither true nor false counts as what it is worth; a promise is refused by the search. */
function passing(filter: FilterFunction): (label: number) => boolean {
  return (label) => {
    const verdict: unknown = filter(label);
    return (verdict instanceof Promise ? verdict : Boolean(verdict)) as boolean;
  };
}
