// How do rows get into 20 spaces of unequal load? As fast as there is room, or at random times at a set rate.

import type { StealingPolicy, VectorIndex } from "../../src/index.ts";
import type { DatasetName } from "../datasets/index.ts";
import { Random } from "../datasets/random.ts";
import { SEEDS } from "../datasets/seeds.ts";
import type { Load } from "./loads.ts";
import { SLICE } from "./rows.ts";

export const SPACES = 20;

export interface SkewTask {
  set: DatasetName;
  n: number;
  workers: number;
  load: Load;
  stealing: Partial<StealingPolicy>;
  /** Adds a second, whether or not there is room; not given: as fast as there is. */
  rate?: number;
}

type Row = (row: number) => Float32Array;

/** Each space's rows, slice after slice, all spaces at once: each has one under way at any time. */
export async function fillAll(index: VectorIndex, rows: number[][], row: Row): Promise<void> {
  await Promise.all(
    rows.map(async (own, i) => {
      const space = index.space(`space ${i}`);
      for (let from = 0; from < own.length; from += SLICE) {
        const slice = own.slice(from, from + SLICE);
        await space.addMany(slice, slice.map(row));
      }
    }),
  );
}

/** Rows at random times, `rate` a second on average (a Poisson process), each added when it is due. */
export async function arrive(index: VectorIndex, rows: number[][], row: Row, rate: number): Promise<void> {
  const random = new Random(SEEDS.skew);
  const spaceOf: number[] = [];
  for (const [space, own] of rows.entries()) for (const i of own) spaceOf[i] = space;
  const start = performance.now();
  let due = 0;
  let last: Promise<void> = Promise.resolve();
  for (let i = 0; i < spaceOf.length; i++) {
    due -= (Math.log(1 - random.uint32() / 2 ** 32) / rate) * 1e3;
    while (performance.now() - start < due) await Bun.sleep(1);
    last = index.space(`space ${spaceOf[i]}`).add(i, row(i));
    if ((i & 1023) === 1023) await new Promise((resolve) => setImmediate(resolve)); // it is late: let others run
  }
  await last; // they are accepted in order
}
