/*
 * The class HierarchicalNSW of hnswlib-node. A point that is marked as deleted leaves the graph, and its floats are kept
 * here until it is unmarked, replaced or its place is taken.
 */
import { readHnswlibGraph } from "../foreign/hnswlib.ts";
import { badArgument, expectCount, expectType, hnswlibError, uint32 } from "./hnswlib-arguments.ts";
import {
  type FilterFunction,
  HnswlibIndex,
  labelIn,
  MOST_LABEL,
  type Points,
  type SearchResult,
  settled,
} from "./hnswlib-index.ts";
import { candidatesFor } from "./own-file.ts";

interface GraphPoints extends Points {
  /** Points that are marked as deleted, by label. */
  deleted: Map<number, Float32Array>;
  allowReplaceDeleted: boolean;
  ef: number;
}

export interface InitOptions {
  maxElements: number;
  m?: number;
  efConstruction?: number;
  randomSeed?: number;
  allowReplaceDeleted?: boolean;
}

const DEFAULTS = { m: 16, efConstruction: 200, randomSeed: 100, allowReplaceDeleted: false };
const EF = 10;
const DELETED = "deleted";
/** What a graph of this package may have; hnswlib-node takes more and less. */
const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export class HierarchicalNSW extends HnswlibIndex<GraphPoints> {
  /** Starts with nothing, and takes up to `maxElements` points. */
  initIndex(
    maxElements: number,
    m?: number,
    efConstruction?: number,
    randomSeed?: number,
    allowReplaceDeleted?: boolean,
  ): void;
  initIndex(options: InitOptions): void;
  initIndex(...given: unknown[]): void {
    const { maxElements, m, efConstruction, randomSeed, allowReplaceDeleted } = initOptions(given);
    const points = this.emptyPoints(uint32("`maxElements`", maxElements), {
      M: within(uint32("`m`", m), 4, 64),
      efConstruction: candidatesFor(uint32("`efConstruction`", efConstruction)),
      seed: uint32("`randomSeed`", randomSeed),
    });
    this.points = { ...points, deleted: new Map(), allowReplaceDeleted, ef: EF };
  }

  resizeIndex(newMaxElements: number): void;
  resizeIndex(...given: unknown[]): void {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    const points = this.initialized();
    const most = uint32("The number of elements", given[0] as number);
    if (most < this.getCurrentCount()) {
      throw hnswlibError("Cannot resize, max element is less than the current number of elements");
    }
    points.maxElements = most;
  }

  /** Points with those that are marked as deleted. */
  getCurrentCount(): number {
    return this.points === null ? 0 : this.points.space.size + this.points.deleted.size;
  }

  /** Labels with those that are marked as deleted. */
  getIdsList(): number[] {
    return this.points === null ? [] : [...this.points.space.keys(), ...this.points.deleted.keys()];
  }

  getPoint(label: number): number[];
  getPoint(...given: unknown[]): number[] {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    if (this.points === null) return [];
    const point = this.points.space.get(uint32("A label", given[0] as number));
    if (point === undefined) throw hnswlibError("Label not found");
    return Array.from(point);
  }

  getEf(): number {
    return this.initialized().ef;
  }

  setEf(ef: number): void;
  setEf(...given: unknown[]): void {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    this.initialized().ef = uint32("`ef`", given[0] as number);
  }

  /** Adds a point, or replaces the one of that label; `replaceDeleted`: in the place of one that is marked, if there is any. */
  addPoint(point: readonly number[], label: number, replaceDeleted?: boolean): void;
  addPoint(...given: unknown[]): void {
    expectCount(given.length, 2, 3);
    const [point, number, replaceDeleted = false] = given;
    const { points, floats, label } = this.checkedPoint(point, number);
    expectType(2, replaceDeleted, "boolean");
    const { space, deleted, allowReplaceDeleted } = points;
    if (replaceDeleted && !allowReplaceDeleted) {
      throw hnswlibError("Replacement of deleted elements is disabled in constructor");
    }
    const isMarked = deleted.has(label);
    if (isMarked && allowReplaceDeleted && !replaceDeleted) {
      const rule = "if replacement of deleted elements is enabled";
      throw hnswlibError(`Can't use addPoint to update deleted elements ${rule}.`);
    }
    const isKnown = isMarked || space.has(label);
    const vacated = replaceDeleted && !isKnown ? deleted.keys().next().value : undefined;
    if (!isKnown && vacated === undefined) this.refuseBeyond(this.getCurrentCount(), points);
    space.add(label, floats);
    deleted.delete(vacated ?? label);
  }

  markDelete(label: number): void;
  markDelete(...given: unknown[]): void {
    const { points, label } = this.labelOf(given);
    const { space, deleted } = points;
    if (deleted.has(label)) throw hnswlibError("The requested to delete element is already deleted");
    const point = space.get(label);
    if (point === undefined) throw hnswlibError("Label not found");
    space.delete(label);
    deleted.set(label, point);
  }

  unmarkDelete(label: number): void;
  unmarkDelete(...given: unknown[]): void {
    const { points, label } = this.labelOf(given);
    const { space, deleted } = points;
    const point = deleted.get(label);
    if (point === undefined) {
      throw hnswlibError(space.has(label) ? "The requested to undelete element is not deleted" : "Label not found");
    }
    space.add(label, point);
    deleted.delete(label);
  }

  searchKnn(queryPoint: readonly number[], numNeighbors: number, filter?: FilterFunction): SearchResult;
  searchKnn(...given: unknown[]): SearchResult {
    return this.nearest(given, (k) => Math.max(k, this.points!.ef, 1));
  }

  /** What the file holds; `allowReplaceDeleted` as in `initIndex`. */
  readIndexSync(filename: string, allowReplaceDeleted?: boolean): void;
  readIndexSync(...given: unknown[]): void {
    const [path, replace] = readArguments(given);
    this.read(path, replace);
  }

  readIndex(filename: string, allowReplaceDeleted?: boolean): Promise<boolean>;
  readIndex(...given: unknown[]): Promise<boolean> {
    const [path, replace] = readArguments(given);
    return settled(() => this.read(path, replace));
  }

  protected override afterReading(points: GraphPoints, allowReplaceDeleted: boolean): void {
    points.allowReplaceDeleted = allowReplaceDeleted;
  }

  protected about(): Record<string, unknown> {
    return {};
  }

  /** Points that are marked are a space of their own in a file. */
  protected override bytesOf(points: GraphPoints): Uint8Array {
    const { index, deleted } = points;
    const labels = [...deleted.keys()];
    const floats = new Float32Array(labels.length * this.dimensions);
    for (const [i, point] of [...deleted.values()].entries()) floats.set(point, i * this.dimensions);
    index.space<number>(DELETED).addMany(labels, floats);
    try {
      return super.bytesOf(points);
    } finally {
      index.dropSpace(DELETED);
    }
  }

  protected pointsOf(points: Points): GraphPoints {
    const { index, space } = points;
    const kept = index.space<number>(DELETED);
    const deleted = new Map(kept.keys().map((label) => [label, kept.get(label)!] as const));
    index.dropSpace(DELETED);
    for (const label of deleted.keys()) if (space.has(label)) deleted.delete(label);
    const maxElements = Math.max(points.maxElements, space.size + deleted.size);
    return { ...points, maxElements, deleted, allowReplaceDeleted: false, ef: EF };
  }

  protected fromForeign(bytes: Uint8Array): GraphPoints {
    const found = readHnswlibGraph(bytes);
    const { M, efConstruction, maxElements } = found;
    const points = this.emptyPoints(Math.min(maxElements, MOST_LABEL), {
      ...{ M: within(M, 4, 64), efConstruction: candidatesFor(efConstruction) },
    });
    this.addForeign(points, found);
    const deleted = new Map<number, Float32Array>();
    for (let i = 0; i < found.count; i++) if (found.isDeleted(i)) deleted.set(labelIn(found, i), found.vectorAt(i));
    return { ...points, deleted, allowReplaceDeleted: false, ef: EF };
  }
}

function readArguments(given: readonly unknown[]): [path: string, allowReplaceDeleted: boolean] {
  expectCount(given.length, 1, 2);
  expectType(0, given[0], "string");
  if (given[1] !== undefined) expectType(1, given[1], "boolean");
  return [given[0] as string, given[1] === true];
}

/** Named or in order. */
function initOptions(given: readonly unknown[]): Required<InitOptions> {
  expectCount(given.length, 1, 5);
  const [first] = given;
  const named = given.length === 1 && typeof first === "object" && first !== null;
  const names = ["maxElements", "m", "efConstruction", "randomSeed", "allowReplaceDeleted"] as const;
  if (named && !("maxElements" in first)) {
    throw badArgument("Missing named argument `maxElements`, must be specified.");
  }
  const options: Record<string, unknown> = { ...DEFAULTS };
  for (const [i, name] of names.entries()) {
    const value: unknown = named ? Reflect.get(first, name) : given[i];
    if (value === undefined && i > 0) continue;
    const kind = name === "allowReplaceDeleted" ? "boolean" : "number";
    if (named && typeof value !== kind)
      throw badArgument(`Invalid the named argument type \`${name}\`, must be a ${kind}.`);
    if (!named) expectType(i, value, kind);
    options[name] = value;
  }
  return options as unknown as Required<InitOptions>;
}
