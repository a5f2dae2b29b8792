/* How far apart are two points, as hnswlib-node's spaces say? */
import { badArgument, expectArray, expectCount, expectType, pointOf, uint32 } from "./hnswlib-arguments.ts";

abstract class Space {
  private readonly dimensions: number;

  constructor(numDimensions: number);
  constructor(...given: [number]) {
    expectCount(given.length, 1);
    expectType(0, given[0], "number");
    this.dimensions = uint32("The number of dimensions", given[0]);
  }

  getNumDimensions(): number {
    return this.dimensions;
  }

  distance(pointA: readonly number[], pointB: readonly number[]): number;
  distance(...given: (readonly number[])[]): number {
    expectCount(given.length, 2);
    const [pointA, pointB] = given;
    expectArray(0, pointA);
    expectArray(1, pointB);
    const a = pointOf(pointA, this.dimensions, false, "first");
    return this.between(a, pointOf(pointB, this.dimensions, false, "second"));
  }

  protected abstract between(a: Float32Array, b: Float32Array): number;
}

/** Squared Euclidean distance. */
export class L2Space extends Space {
  protected between(a: Float32Array, b: Float32Array): number {
    return Math.fround(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
  }
}

/** One minus the inner product. */
export class InnerProductSpace extends Space {
  protected between(a: Float32Array, b: Float32Array): number {
    return Math.fround(1 - a.reduce((sum, value, i) => sum + value * b[i]!, 0));
  }
}

export type SpaceName = "l2" | "ip" | "cosine";

const METRICS = { l2: "l2", ip: "dot", cosine: "cosine" } as const;

/** What the constructors of the indexes take. */
export function spaceOf(given: readonly unknown[]) {
  expectCount(given.length, 2);
  const [name, count] = given;
  expectType(0, name, "string");
  expectType(1, count, "number");
  if (!Object.hasOwn(METRICS, name as string)) {
    throw badArgument('Wrong space name, expected "l2", "ip", or "cosine".');
  }
  const dimensions = uint32("The number of dimensions", count as number);
  if (dimensions < 1 || dimensions > 4096) throw badArgument(`There may be 1 to 4096 dimensions, not ${dimensions}.`);
  return { metric: METRICS[name as SpaceName], dimensions };
}
