/*
 * What codes linked before it was seen that they are blind is linked again in f32: is it found at every step on the way,
 * whichever thread goes on, and after a snapshot from the middle?
 */
import { expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { Exam, random, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, type Metric, partition } from "../harness.ts";
import { loaded, snapshotOf } from "../snapshot/snapshots.ts";

const SEED = 8128;
const DIMENSIONS = 24;
const FIRST = 600;
const MORE = 600;
const RECALL = 0.98;

/** Around 0, then in a tight cluster far away. */
function moved(count: number, queries: number) {
  const { gaussian } = random(SEED);
  const value = (isFar: boolean) => (isFar ? 30 + 0.01 * gaussian() : gaussian());
  return {
    set: VectorSet.make(count, DIMENSIONS, (i) => value(i >= FIRST)),
    queries: VectorSet.make(queries, DIMENSIONS, () => value(true)),
  };
}

const { set, queries } = moved(FIRST + MORE, 40);
const settings = { dimensions: DIMENSIONS, flatBelow: 64, efConstruction: 32 } as const;

/** A space with half of the cluster waiting, one slot linked at a time until there are suspects. */
async function withSuspects(metric: Metric, seat: Seat): Promise<CoreSpace> {
  const space = new CoreSpace(seat, "s");
  for (let i = 0; i < FIRST; i++) space.add(i, set.at(i));
  space.linkAll();
  for (let i = FIRST; i < set.count; i++) space.add(i, set.at(i));
  expect(space.figures(), metric).toMatchObject({ beam: "codes", relinking: 0 });
  while (space.figures().relinking === 0) linkOne(seat);
  return space;
}

function linkOne(seat: Seat): void {
  if (!seat.core.hasClaims()) expect(seat.core.claim(0, 100, 1)).toBeGreaterThan(0);
  seat.core.link(1);
}

function expectFound(space: CoreSpace, metric: Metric, context: string): void {
  const recall = new Exam(metric, set, queries).recall((query, k) => space.search(query, k));
  expect(recall, `${context}, ${metric}, seed ${SEED}`).toBeGreaterThanOrEqual(RECALL);
}

for (const metric of ["l2", "cosine", "dot"] as const) {
  test(`${metric}: found while they are linked again, one by one`, async () => {
    const seat = await partition({ ...settings, metric }, "debug");
    const space = await withSuspects(metric, seat);
    const suspects = space.figures().relinking;
    expect(suspects).toBeLessThan(300); // of the 600 that were linked by codes that see
    expect(space.figures().beam).toBe("f32");
    for (let left = suspects; left > 0; left = space.figures().relinking) {
      if (left % 10 === 0) expectFound(space, metric, `${left} are left`);
      linkOne(seat);
      expect(space.figures().relinking).toBeWithin(left - 100, left); // it passes by those that wait
    }
    space.linkAll();
    space.census(true);
    expectFound(space, metric, "all is linked");
    space.expectWhole(metric);
  });

  test(`${metric}: a snapshot from the middle has them to be linked again`, async () => {
    const space = await withSuspects(metric, await partition({ ...settings, metric }, "debug"));
    linkOne(space.seat);
    const { relinking, pending } = space.figures();
    expect(relinking).toBeGreaterThan(0);
    const copy = await loaded(snapshotOf(space), { ...settings, metric });
    expect(copy.figures()).toMatchObject({ beam: "f32", relinking: 0 });
    expect(copy.figures().pending).toBeWithin(pending + 1, pending + relinking + 1);
    expectFound(copy, metric, "loaded");
    copy.linkAll();
    copy.census(true);
    expectFound(copy, metric, "loaded and linked");
    copy.expectWhole(metric);
  });
}

test("the doubt so far comes along in a snapshot: what was linked in it is linked again", async () => {
  const { figures, space } = await justBefore();
  const copy = await loaded(snapshotOf(space), settings);
  linkOne(copy.seat);
  for (let i = 0; i < 8 && copy.figures().relinking === 0; i++) linkOne(copy.seat);
  expect(copy.figures().relinking).toBeGreaterThan(8);
  expect(figures.relinking).toBe(0);
});

/** A space one slot before codes are seen to be blind. */
async function justBefore() {
  const other = await withSuspects("l2", await partition(settings));
  const linked = other.figures().live - other.figures().pending;
  const space = new CoreSpace(await partition(settings), "s");
  for (let i = 0; i < linked - 1; i++) {
    space.add(i, set.at(i));
    if (i === FIRST - 1) space.linkAll();
  }
  space.linkAll();
  for (let i = linked - 1; i < set.count; i++) space.add(i, set.at(i));
  return { space, figures: space.figures() };
}

test("a thread that ends with suspects left: the next one in its seat goes on, flush waits for it", async () => {
  const seat = await partition(settings);
  const other = Seat.join(await coreModule(), seat.memory, 1, true);
  const space = new CoreSpace(seat, "s");
  for (let i = 0; i < FIRST; i++) space.add(i, set.at(i));
  space.linkAll();
  for (let i = FIRST; i < FIRST + 200; i++) space.add(i, set.at(i));
  other.core.claim(0, 500, 1); // all of it
  while (space.figures().relinking === 0) other.core.link(1);
  for (let i = 0; i < 3; i++) other.core.link(1);
  expect(space.figures().relinking).toBeGreaterThan(0);
  expect(space.seat.core.isLinked(space.at, space.incarnation, 0)).toBe(0);
  const successor = Seat.join(await coreModule(), seat.memory, 1, true);
  while (successor.core.hasClaims() !== 0) successor.core.link(7);
  expect(space.figures()).toMatchObject({ relinking: 0, pending: 0 });
  expect(space.seat.core.isLinked(space.at, space.incarnation, 0)).toBe(1);
});
