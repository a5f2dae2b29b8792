// What is asked of a filtered search? Conditions on three fields that a share of the vectors match.

import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";

export const SHARES = [0.5, 0.2, 0.1, 0.04, 0.01, 0.001] as const;
/** Of matches, whatever the size: fewer than are asked for. */
const FEW = 3;

/** A value in 0 … 1 for every vector: two of chance, and one that says on which side of the set it lies. */
export interface Columns {
  a: Float64Array;
  b: Float64Array;
  side: Float64Array;
}
export type Field = keyof Columns;
export const FIELDS = ["a", "b", "side"] as const satisfies Field[];

export interface Condition {
  kind: "one field" | "two fields" | "near the query" | "far from the query";
  /** Of the vectors that match. */
  share: number;
  /** Below these. */
  below: Partial<Record<Field, number>>;
  /** Rows of the set's queries. */
  queries: number[];
}

interface Vectors {
  n: number;
  dimensions: number;
  base: Float32Array;
  queries: Float32Array;
  queryCount: number;
}

/** The same for every contender. */
export function columnsOf(set: Vectors): Columns {
  const random = new Random(SEEDS.filters);
  const chance = () => ranks(Float64Array.from({ length: set.n }, () => random.uint32()));
  return { a: chance(), b: chance(), side: ranks(sides(set, set.base, set.n)) };
}

/** `count` queries each. The sides are those of the quarter of the queries that lie farthest out. */
export function conditionsOf(set: Vectors, count: number): Condition[] {
  const bySide = sides(set, set.queries, set.queryCount);
  const rows = Array.from(bySide.keys()).sort((one, other) => bySide[one]! - bySide[other]!);
  const quarter = Math.floor(rows.length / 4);
  const any = spread(rows, count);
  const [near, far] = [spread(rows.slice(0, quarter), count), spread(rows.slice(-quarter), count)];
  return [...SHARES, FEW / set.n].flatMap((share): Condition[] => [
    { kind: "one field", share, below: { a: share }, queries: any },
    { kind: "two fields", share, below: { a: Math.sqrt(share), b: Math.sqrt(share) }, queries: any },
    { kind: "near the query", share, below: { side: share }, queries: near },
    { kind: "far from the query", share, below: { side: share }, queries: far },
  ]);
}

/** How far along a direction, from the middle of the first vectors to one of them. */
function sides({ base, dimensions }: Vectors, of: Float32Array, count: number): Float64Array {
  const along = base.slice(0, dimensions);
  const middle = new Float64Array(dimensions);
  const sample = Math.min(1000, base.length / dimensions);
  for (let i = 0; i < sample * dimensions; i++) middle[i % dimensions]! += base[i]! / sample;
  return Float64Array.from({ length: count }, (_, row) => {
    let product = 0;
    for (let i = 0; i < dimensions; i++) product += of[row * dimensions + i]! * (along[i]! - middle[i]!);
    return -product;
  });
}

/** Every value's place among all, as a share of their number. */
function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((one, other) => values[one]! - values[other]! || one - other);
  const ranked = new Float64Array(values.length);
  for (const [rank, row] of order.entries()) ranked[row] = rank / values.length;
  return ranked;
}

function spread(rows: number[], count: number): number[] {
  const n = Math.min(count, rows.length);
  return Array.from({ length: n }, (_, i) => rows[Math.floor((i * rows.length) / n)]!);
}
