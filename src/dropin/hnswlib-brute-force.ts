/* The class BruteforceSearch of hnswlib-node: every search compares all points. */
import { readHnswlibList } from "../foreign/hnswlib.ts";
import { badArgument, expectCount, expectType, uint32 } from "./hnswlib-arguments.ts";
import { type FilterFunction, HnswlibIndex, type Points, pathOf, type SearchResult, settled } from "./hnswlib-index.ts";

/** Searches wider than this look at everything; spaces up to `flatBelow` have no graph anyway. */
const EVERYTHING = 5000;
const FLAT = { flatBelow: 1_000_000 };

export class BruteforceSearch extends HnswlibIndex<Points> {
  /** Starts with nothing, and takes up to `maxElements` points. */
  initIndex(maxElements: number): void;
  initIndex(...given: unknown[]): void {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    this.points = this.emptyPoints(uint32("`maxElements`", given[0] as number), FLAT);
  }

  getCurrentCount(): number {
    return this.points?.space.size ?? 0;
  }

  /** Adds a point, or replaces the one of that label. */
  addPoint(point: readonly number[], label: number): void;
  addPoint(...given: unknown[]): void {
    expectCount(given.length, 2);
    const { points, floats, label } = this.checkedPoint(given[0], given[1]);
    if (!points.space.has(label)) this.refuseBeyond(points.space.size, points);
    points.space.add(label, floats);
  }

  /** Removes a point; a label that is not there is none to remove. */
  removePoint(label: number): void;
  removePoint(...given: unknown[]): void {
    const { points, label } = this.labelOf(given);
    points.space.delete(label);
  }

  searchKnn(queryPoint: readonly number[], numNeighbors: number, filter?: FilterFunction): SearchResult;
  searchKnn(...given: unknown[]): SearchResult {
    return this.nearest(given, (k) => {
      if (k === 0) throw badArgument("Invalid the number of k-nearest neighbors (must be a positive number).");
      return Math.max(k, EVERYTHING);
    });
  }

  readIndexSync(filename: string): void;
  readIndexSync(...given: unknown[]): void {
    this.read(pathOf(given), false);
  }

  readIndex(filename: string): Promise<boolean>;
  readIndex(...given: unknown[]): Promise<boolean> {
    const path = pathOf(given);
    return settled(() => this.read(path, false));
  }

  protected about(): Record<string, unknown> {
    return {};
  }

  protected pointsOf(points: Points): Points {
    return points;
  }

  protected fromForeign(bytes: Uint8Array): Points {
    const found = readHnswlibList(bytes, this.dimensions);
    const points = this.emptyPoints(found.maxElements, FLAT);
    this.addForeign(points, found);
    return points;
  }
}
