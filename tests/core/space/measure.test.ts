/* Is what a measurement says of a graph what a comparison with brute force says? */
import { describe, expect, test } from "bun:test";
import { E_PENDING, NOT_FOUND, P_SEATS, SEAT_BYTES, SEAT_MEASURE } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { KS, type Measured } from "../../../src/recall/curve.ts";
import { measure } from "../../../src/recall/measure.ts";
import { atOnce } from "../../../src/runtime/event-loop.ts";
import { clustered, Exam, uniform, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, type Metric, partition } from "../harness.ts";

const SEED = 20261129;
const COUNT = 4000;
const TEN = KS.indexOf(10);

const refOf = ({ at, incarnation }: CoreSpace) => ({ address: at, incarnation });
const blockOf = (space: CoreSpace) =>
  new Uint32Array(space.seat.memory.buffer)[(P_SEATS + space.seat.number * SEAT_BYTES + SEAT_MEASURE) >>> 2]!;

function measured(space: CoreSpace, searched: Float32Array = new Float32Array(), stored = 300): Measured | null {
  const job = { stored, searched, target: 0.95, now: -1, mostMs: 1e9 };
  const found = atOnce(measure(space.seat, refOf(space), job));
  calls.endMeasure(space.seat);
  return found;
}

async function filled(set: VectorSet, metric: Metric, efConstruction = 16) {
  const { dimensions } = set;
  const space = new CoreSpace(await partition({ dimensions, metric, efConstruction, M: 8 }), "space");
  space.addAll(set);
  space.linkAll();
  return space;
}

describe.each(["cosine", "l2", "dot"] as const)("recall under %s", (metric) => {
  const all = uniform(COUNT + 400, 32, SEED);
  const set = all.part(0, COUNT);

  test("of queries that came is what an examination with brute force finds", async () => {
    const space = await filled(set, metric);
    const queries = all.part(COUNT, COUNT + 400);
    const exam = new Exam(metric, set, queries);
    const { steps, searched } = measured(space, queries.values, 0)!;
    expect(searched).toBe(400);
    for (const { ef, recall } of steps.slice(0, 3)) {
      expect(recall[TEN]!).toBeCloseTo(
        exam.recall((query, k) => space.search(query, k, ef)),
        3,
      );
    }
  });

  test("of stored vectors that are left out is that of vectors that are not stored", async () => {
    const space = await filled(set, metric);
    const stored = measured(space)!;
    const elsewhere = measured(space, all.part(COUNT, COUNT + 400).values, 0)!;
    expect(stored.stored).toBeGreaterThan(290);
    for (const [i, { recall, error }] of stored.steps.entries()) {
      const other = elsewhere.steps[i];
      if (other === undefined) break;
      expect(Math.abs(recall[TEN]! - other.recall[TEN]!)).toBeLessThan(4 * (error[1]! + other.error[1]!));
    }
  });
});

test("among half of the slots a walk is measured as among all, and leaves the query out as well", async () => {
  const all = uniform(COUNT, 24, SEED);
  const { shares, steps } = measured(await filled(all, "l2"))!;
  expect(shares[0]!.length).toBeGreaterThan(0);
  expect(shares[0]!.at(-1)!.recall).toBeGreaterThanOrEqual(0.95);
  expect(shares.slice(2)).toEqual([[], [], []]); // an eighth is rather scanned
  expect(steps[0]!.recall[TEN]!).toBeLessThan(1);
});

test("twins of a stored query are left out with it", async () => {
  const few = clustered(1000, 8, SEED);
  const set = VectorSet.make(3000, 8, (i, j) => few.at(i % 1000)[j]!);
  const space = await filled(set, "l2", 64);
  const { steps } = measured(space)!;
  expect(steps[0]!.recall[0]!).toBeGreaterThan(0.95); // 0 if a twin counted as the nearest, which no walk finds
});

test("what is deleted or waits is seen as a search sees it", async () => {
  const all = uniform(COUNT, 16, SEED);
  const space = await filled(all.part(0, 3000), "l2", 64);
  for (let key = 0; key < 1000; key++) space.remove(key);
  for (let key = 3000; key < COUNT; key++) space.add(key, all.at(key));
  const { steps, vectors } = measured(space, all.part(0, 50).values)!;
  expect(vectors).toBe(3000);
  expect(steps.at(-1)!.recall[TEN]!).toBeGreaterThan(0.98);
});

test("a flat space has nothing to measure, and one that is compacted not now", async () => {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 100 }), "space");
  space.addAll(uniform(100, 4, SEED));
  expect(calls.startMeasure(space.seat, refOf(space), 300, 0, -1)).toBe(NOT_FOUND);
  expect(calls.graphOf(space.seat, refOf(space))).toBeNull();
  expect(calls.nextGraph(space.seat, 0)).toBeNull();
  const larger = await filled(uniform(1000, 4, SEED), "l2");
  for (let key = 0; key < 600; key++) larger.remove(key);
  larger.seat.core.claim(0, 1, 1);
  larger.seat.core.link(1);
  expect(calls.startMeasure(larger.seat, refOf(larger), 300, 0, -1)).toBe(E_PENDING);
});

test("notes stay with the graph, counted; a drop takes them along", async () => {
  const space = await filled(uniform(1000, 4, SEED), "l2");
  expect(calls.graphOf(space.seat, refOf(space))).toMatchObject({ notes: 0, live: 1000, pending: 0 });
  measured(space);
  measured(space);
  expect(calls.graphOf(space.seat, refOf(space))).toMatchObject({ notes: 2 });
  expect(calls.nextGraph(space.seat, 0)).toEqual(refOf(space));
  space.expectWhole("after two measurements");
  space.drop();
  expect(calls.readNotes(space.seat, refOf(space))).toBeNull();
  expect(calls.nextGraph(space.seat, 0)).toBeNull();
});

test("what was measured stays in use over a compaction, and is known to be of the graph before", async () => {
  const space = await filled(uniform(2000, 4, SEED), "l2");
  measured(space);
  for (let key = 0; key < 1200; key++) space.remove(key);
  space.linkAll();
  expect(space.figures().compactions).toBeGreaterThan(0);
  const { notes, noted, serial } = calls.graphOf(space.seat, refOf(space))!;
  expect(notes).toBe(1);
  expect(noted.serial).not.toBe(serial);
  expect(measured(space)!.vectors).toBe(800);
});

test("a measurement gives back what it took, also one that is broken off, and reads on in a space that is dropped", async () => {
  const space = await filled(uniform(1000, 4, SEED), "l2");
  const steps = measure(space.seat, refOf(space), {
    stored: 300,
    searched: new Float32Array(),
    target: 0.95,
    now: -1,
    mostMs: 1e9,
  });
  steps.next();
  expect(blockOf(space)).not.toBe(0);
  space.drop();
  for (let i = 0; i < 20; i++) steps.next();
  calls.endMeasure(space.seat);
  expect(blockOf(space)).toBe(0);
});

test("once its time is over a measurement tries no wider searches", async () => {
  const space = await filled(uniform(COUNT, 48, SEED), "l2", 8);
  const job = { stored: 300, searched: new Float32Array(), target: 0.999, now: -1, mostMs: 100 };
  const steps = measure(space.seat, refOf(space), job);
  let step = steps.next();
  while (!step.done) step = steps.next(1000);
  expect(step.value!.isWhole).toBe(false);
  expect(step.value!.steps.map(({ ef }) => ef)).toEqual([64, 96]);
});

test("a walk in f32 finds what codes that went blind miss", async () => {
  const set = VectorSet.make(3000, 16, (i, j) => (j === 0 ? (i % 2) * 3e4 : Math.sin(i * 31 + j * j * (i % 97))));
  const space = await filled(set, "l2", 64);
  space.seat.putVector(set.at(5));
  const hits = calls.search(space.seat, refOf(space), 10, 64, calls.NEVER, calls.IN_F32);
  expect(hits).toEqual(space.searchExactly(set.at(5), 10));
});

test("notes that were read while they were being written, and stay in the intake, are no part of the next vector", async () => {
  const set = uniform(1000, 13, SEED);
  const space = await filled(set, "l2");
  expect(measured(space)).not.toBeNull();
  const { address, incarnation } = refOf(space);
  const query = set.at(7);
  const before = space.search(query, 10);
  space.seat.core.readNotes(address, incarnation);
  expect(space.search(query, 10)).toEqual(before);
  expect(before[0]!.distance).toBe(0);
});
