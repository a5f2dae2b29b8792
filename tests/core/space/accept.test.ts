/* After any sequence of upserts, deletes and re-adds: does a space hold what a Map would, in every state it can be in? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { random, uniform } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";

const SEED = 90210;
const DIMENSIONS = 5;
const VECTORS = uniform(400, DIMENSIONS, SEED);

type Op =
  | { kind: "add" | "remove"; key: number; vector: number }
  | { kind: "link"; ops: number }
  | { kind: "linkAll" }
  | { kind: "ask"; vector: number };

const someKey = fc.integer({ min: 0, max: 120 });
const someVector = fc.oneof(fc.nat(VECTORS.count - 1), fc.constantFrom(0, 1)); // two of them often: twins
const someOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("add" as const), key: someKey, vector: someVector }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("remove" as const), key: someKey, vector: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("link" as const), ops: fc.integer({ min: 1, max: 70 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "linkAll" } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("ask" as const), vector: someVector }) },
);

/** What a space should hold: key → number of its vector. */
type Model = Map<number, number>;

function expectAsModel(space: CoreSpace, model: Model, context: string): void {
  for (let key = 0; key <= 120; key++) {
    const vector = model.get(key);
    const wanted = vector === undefined ? undefined : VECTORS.at(vector).join();
    if (space.get(key)?.join() !== wanted) throw new Error(`key ${key} is not what it should be; ${context}`);
  }
  expect(space.figures().live).toBe(model.size);
  expect((space.keys() as number[]).toSorted((a, b) => a - b)).toEqual([...model.keys()].toSorted((a, b) => a - b));
  space.expectWhole(context);
}

/** A search holds min(k, live) hits, each once, alive, with its present vector's distance, nearest first. */
function expectGoodHits(space: CoreSpace, model: Model, vector: number): void {
  for (const [k, exactly] of [
    [10, false],
    [200, false],
    [10, true],
  ] as const) {
    const query = VECTORS.at(vector);
    const hits = exactly ? space.searchExactly(query, k) : space.search(query, k, 20);
    expect(hits.length).toBe(Math.min(k, model.size));
    expect(new Set(hits.map((hit) => hit.key)).size).toBe(hits.length);
    for (const [i, hit] of hits.entries()) {
      const held = model.get(hit.key as number);
      if (held === undefined) throw new Error(`hit ${hit.key} is dead`);
      const at = VECTORS.at(held);
      const distance = query.reduce((sum, value, j) => sum + (value - at[j]!) ** 2, 0);
      expect(Math.abs(hit.distance - distance)).toBeLessThan(1e-5);
      if (i > 0) expect(hits[i - 1]!.distance).toBeLessThanOrEqual(hit.distance);
    }
    if (!exactly || model.size === 0) continue;
    const nearest = Math.min(...[...model.values()].map((v) => distanceBetween(v, vector)));
    expect(Math.abs(hits[0]!.distance - nearest)).toBeLessThan(1e-5);
  }
}

function distanceBetween(a: number, b: number): number {
  return VECTORS.at(a).reduce((sum, value, j) => sum + (value - VECTORS.at(b)[j]!) ** 2, 0);
}

function apply(space: CoreSpace, model: Model, op: Op): void {
  const { seat } = space;
  switch (op.kind) {
    case "add":
      space.add(op.key, VECTORS.at(op.vector));
      model.set(op.key, op.vector);
      break;
    case "remove":
      expect(space.remove(op.key)).toBe(model.delete(op.key));
      break;
    case "link":
      if (seat.core.hasClaims() || seat.core.claim(0, op.ops, 1) > 0) seat.core.link(op.ops);
      break;
    case "linkAll":
      while (seat.core.hasClaims()) seat.core.link(100);
      space.linkAll();
      break;
    case "ask":
      expectGoodHits(space, model, op.vector);
  }
}

describe.each([
  { name: "flat", flatBelow: 100_000, most: 250, runs: 60 },
  { name: "graph", flatBelow: 32, most: 700, runs: 60 },
])("a space that is $name", async ({ name, flatBelow, most, runs }) => {
  const seat = await partition({ dimensions: DIMENSIONS, flatBelow });
  let made = 0;

  test("holds what a Map holds after every sequence of ops", () => {
    let compactions = 0;
    let graphs = 0;
    fc.assert(
      fc.property(fc.array(someOp, { minLength: 1, maxLength: most, size: "max" }), (ops) => {
        const space = new CoreSpace(seat, `${name} ${made++}`);
        const model: Model = new Map();
        for (const op of ops) apply(space, model, op);
        expectAsModel(space, model, `seed ${SEED}, before the last links`);
        while (seat.core.hasClaims()) seat.core.link(100);
        space.linkAll();
        expectAsModel(space, model, `seed ${SEED}, linked`);
        expectGoodHits(space, model, 0);
        const figures = space.figures();
        compactions += figures.compactions;
        if (figures.graph) graphs++;
        space.drop();
      }),
      { seed: SEED, numRuns: runs },
    );
    expect(graphs > 0).toBe(name === "graph");
    if (name === "graph") expect(compactions).toBeGreaterThan(0);
  });
});

describe.each([8, 1e9])("keys that change a thousand times (flatBelow %d)", (flatBelow) => {
  test("are found with their last vector only", async () => {
    const space = new CoreSpace(await partition({ dimensions: DIMENSIONS, flatBelow }), "space");
    const source = random(SEED);
    const model: Model = new Map();
    for (let i = 0; i < 1000; i++) {
      for (let key = 0; key < 12; key++) {
        const vector = source.below(VECTORS.count);
        apply(space, model, { kind: "add", key, vector });
      }
      if (i % 10 === 0) apply(space, model, { kind: "link", ops: 200 });
      if (i % 25 === 0) expectGoodHits(space, model, source.below(VECTORS.count));
    }
    apply(space, model, { kind: "linkAll" });
    expectAsModel(space, model, `seed ${SEED}`);
    for (let i = 0; i < 50; i++) expectGoodHits(space, model, i);
    expect(space.figures().dead).toBeLessThan(200);
  });

  test("come back a thousand times after a delete", async () => {
    const space = new CoreSpace(await partition({ dimensions: DIMENSIONS, flatBelow }), "space");
    const model: Model = new Map();
    for (let key = 1; key <= 40; key++) apply(space, model, { kind: "add", key, vector: key });
    for (let i = 0; i < 1000; i++) {
      apply(space, model, { kind: "add", key: 0, vector: i % VECTORS.count });
      if (i % 3 === 0) apply(space, model, { kind: "link", ops: 50 });
      expect(space.search(VECTORS.at(i % VECTORS.count), 1)[0]?.distance).toBe(0);
      apply(space, model, { kind: "remove", key: 0, vector: 0 });
      expect(space.get(0)).toBeUndefined();
    }
    apply(space, model, { kind: "linkAll" });
    expectAsModel(space, model, `seed ${SEED}`);
    for (let i = 0; i < 50; i++) expectGoodHits(space, model, i);
  });
});
