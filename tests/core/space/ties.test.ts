/* Hits at equal distances: is their order that of their age, so that the first k are the beginning of any longer list? */
import { describe, expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { random, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, linkAll, partition } from "../harness.ts";

const SEED = 99;
const EF = 400;
const LENGTHS = [1, 2, 7, 10, 20, 45, 100];

const keysOf = (space: CoreSpace, query: ArrayLike<number>, k: number) =>
  space.search(query, k, EF).map(({ key }) => key);

/** Fails unless the k nearest are the first k of `order`, for every k. */
function expectOrder(space: CoreSpace, query: ArrayLike<number>, order: unknown[], context: string): void {
  for (const k of LENGTHS) {
    expect(keysOf(space, query, k), `k = ${k}, ${context}`).toEqual(order.slice(0, k) as never);
  }
}

const from = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

describe("equal vectors, oldest first:", () => {
  const SAME = [1, 2, 3, 4];

  async function spaceOf(flatBelow: number): Promise<CoreSpace> {
    return new CoreSpace(await partition({ dimensions: 4, flatBelow }), "s");
  }

  test("in a flat space", async () => {
    const space = await spaceOf(1000);
    for (let key = 0; key < 200; key++) space.add(key, SAME);
    expectOrder(space, SAME, from(0, 200), "flat");
  });

  test("in a graph, on one chain of twins", async () => {
    const space = await spaceOf(50);
    for (let key = 0; key < 200; key++) space.add(key, SAME);
    space.linkAll();
    expectOrder(space, SAME, from(0, 200), "graph");
  });

  test("in a graph, whatever the order in which threads link them", async () => {
    const space = await spaceOf(50);
    const { seat } = space;
    for (let key = 0; key < 200; key++) space.add(key, SAME);
    const slow = Seat.join(await coreModule(), seat.memory, 1, true);
    slow.core.claim(0, 90, 0); // the first ones, linked last
    linkAll(seat);
    while (slow.core.link(100) !== 0);
    space.linkAll();
    expectOrder(space, SAME, from(0, 200), "linked out of order");
  });

  test("half of them in the graph, half waiting", async () => {
    const space = await spaceOf(50);
    for (let key = 0; key < 100; key++) space.add(key, SAME);
    space.linkAll();
    for (let key = 100; key < 200; key++) space.add(key, SAME);
    expectOrder(space, SAME, from(0, 200), "waiting ones behind linked ones");
  });

  for (const flatBelow of [50, 1_000_000]) {
    test(`before, in and after a compaction, flatBelow ${flatBelow}`, async () => {
      const space = await spaceOf(flatBelow);
      const { core } = space.seat;
      for (let key = 0; key < 300; key++) space.add(key, SAME);
      space.linkAll();
      for (let key = 0; key < 100; key++) space.remove(key);
      expectOrder(space, SAME, from(100, 300), "before");
      expect(core.claim(0, 1, 1)).toBeGreaterThan(0);
      core.link(1); // a step moves 64
      for (let key = 300; key < 320; key++) space.add(key, SAME);
      expectOrder(space, SAME, from(100, 320), "in the middle");
      space.linkAll();
      expect(space.figures()).toMatchObject({ compactions: 1, pending: 0, live: 220 });
      expectOrder(space, SAME, from(100, 320), "after");
    });
  }
});

describe("different vectors at one distance, oldest first:", () => {
  const DIMENSIONS = 64;
  /** ± each axis, in a random order: 128 vectors at distance 1 from the origin. */
  const ORDER = (() => {
    const { below } = random(SEED);
    const axes = from(0, 2 * DIMENSIONS);
    for (let i = axes.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [axes[i], axes[j]] = [axes[j]!, axes[i]!];
    }
    return axes;
  })();
  const SET = VectorSet.make(ORDER.length, DIMENSIONS, (i, j) => (j === ORDER[i]! >> 1 ? (ORDER[i]! & 1 ? 1 : -1) : 0));
  const ORIGIN = new Float32Array(DIMENSIONS);

  for (const [flatBelow, name] of [
    [1000, "in a flat space"],
    [20, "in a graph that is walked in f32"],
  ] as const) {
    test(name, async () => {
      const space = new CoreSpace(await partition({ dimensions: DIMENSIONS, flatBelow, quantization: "none" }), "s");
      space.addAll(SET);
      space.linkAll();
      expectOrder(space, ORIGIN, from(0, SET.count), name);
    });
  }
});

test("a search by codes: what one page holds does not come again on the next", async () => {
  // A grid of 12³ points: dozens of them lie at each distance.
  const grid = random(SEED + 1);
  const set = VectorSet.make(3000, 3, () => grid.below(12));
  const space = new CoreSpace(await partition({ dimensions: 3, flatBelow: 100 }), "s");
  space.addAll(set);
  space.linkAll();
  for (let q = 0; q < 50; q++) {
    const whole = keysOf(space, set.at(q), 80);
    for (const k of [5, 10, 20, 40]) expect(keysOf(space, set.at(q), k), `query ${q}`).toEqual(whole.slice(0, k));
  }
});

test("keys come oldest vector first, also those that came in the middle of a compaction", async () => {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 50 }), "s");
  const { core } = space.seat;
  const vector = (key: number) => [key, key * key, 1, 2];
  for (let key = 0; key < 300; key++) space.add(key, vector(key));
  space.linkAll();
  for (let key = 0; key < 100; key++) space.remove(key);
  expect(core.claim(0, 1, 1)).toBeGreaterThan(0);
  core.link(1);
  for (let key = 300; key < 320; key++) space.add(key, vector(key));
  space.add(150, vector(7)); // a new vector: the youngest
  const order = [...from(100, 150), ...from(151, 320), 150];
  expect(space.keys()).toEqual(order);
  space.linkAll();
  expect(space.figures().compactions).toBe(1);
  expect(space.keys()).toEqual(order);
});
