/*
 * Slots that are linked together: are they found at every step on the way, do the same ops make the same graph however the
 * steps are cut, and does whatever happens in between leave everything whole and no memory behind?
 */
import { describe, expect, test } from "bun:test";
import { G_BULK, OK, S_GENERATIONS, SEAT_BULK, SEAT_LEAVES } from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";
import { random, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, linkAll, partition, usedBytes } from "../harness.ts";
import { load, snapshotOf } from "../snapshot/snapshots.ts";
import {
  COUNT,
  claimPortion,
  DIMENSIONS,
  expectAllFound,
  expectLinked,
  FIRST,
  SETTINGS,
  seatWord,
  setOf,
} from "./claimed.ts";

const SEED = 6174;
const SET = setOf(SEED);

async function spaceOf(changes = {}, build: "release" | "debug" = "debug"): Promise<CoreSpace> {
  return new CoreSpace(await partition({ ...SETTINGS, ...changes }, build), "s");
}

/** A space with a graph of FIRST slots, and a portion of the rest claimed. */
async function withPortion(changes = {}): Promise<CoreSpace> {
  const space = await spaceOf(changes);
  claimPortion(space, SET);
  return space;
}

function seatWords(seat: Seat, number = 0) {
  return { bulk: seatWord(seat, number, SEAT_BULK), leaves: seatWord(seat, number, SEAT_LEAVES) };
}

/** 1 + the seat that links a portion of the space. */
function bulkOf(space: CoreSpace): number {
  const words = new Uint32Array(space.seat.memory.buffer);
  return words[(words[(space.at + S_GENERATIONS) >>> 2]! + G_BULK) >>> 2]!;
}

function expectSettled(space: CoreSpace, context: string): void {
  linkAll(space.seat);
  expectLinked(space, context);
  expect(bulkOf(space), context).toBe(0);
  expect(seatWords(space.seat), context).toEqual({ bulk: 0, leaves: 0 });
}

test("every vector is found after every step, and all are linked at the end", async () => {
  const space = await withPortion();
  let steps = 0;
  for (; space.seat.core.link(1) !== 0; steps++) {
    if (bulkOf(space) !== 0 && steps % 3 === 0)
      expectAllFound(space, SET, COUNT, 7, `after step ${steps}, seed ${SEED}`);
  }
  expect(steps).toBeGreaterThan(20);
  expectSettled(space, `seed ${SEED}`);
  expectAllFound(space, SET, COUNT, 1, `at the end, seed ${SEED}`);
});

test("the same ops make the same graph, however the steps are cut", async () => {
  const graphs = [];
  for (const most of [1, 3, 1000]) {
    const space = await spaceOf({}, "release");
    space.addTogether(SET, 0, COUNT, 300);
    for (let i = COUNT; i < COUNT + 20; i++) space.add(i, SET.at(i));
    space.addTogether(SET, COUNT + 20, COUNT + 400, 380);
    while (space.seat.core.claim(0, 50, 1) !== 0) while (space.seat.core.link(most) !== 0);
    expectSettled(space, `${most} a step`);
    graphs.push(snapshotOf(space).map((frame) => Bun.hash(frame)));
  }
  expect(graphs[1]).toEqual(graphs[0]!);
  expect(graphs[2]).toEqual(graphs[0]!);
});

test("both builds of the core make the same graph", async () => {
  const graphs = [];
  for (const variant of ["relaxed", "baseline"] as const) {
    const space = new CoreSpace(await partition(SETTINGS, "release", variant), "s");
    space.addTogether(SET, 0, COUNT, COUNT);
    space.linkAll();
    graphs.push(snapshotOf(space).map((frame) => Bun.hash(frame)));
  }
  expect(graphs[1]).toEqual(graphs[0]!);
});

describe("a portion is claimed", () => {
  test("as a whole, once its last slot is in, and nothing else of the space with it", async () => {
    const space = await spaceOf();
    for (let i = 0; i < FIRST; i++) space.add(i, SET.at(i));
    space.linkAll();
    const offer = space.offer(200, 100);
    for (let i = FIRST; i < FIRST + 99; i++) space.add(i, SET.at(i));
    expect(space.seat.core.claim(0, 500, 1)).toBe(0);
    expect(space.seat.core.depthOf(0)).toBe(0);
    for (let i = FIRST + 99; i < FIRST + 150; i++) space.add(i, SET.at(i));
    expect(space.seat.core.depthOf(0)).toBe(100);
    expect(space.seat.core.claim(0, 1, 1)).toBe(100);
    for (let i = FIRST + 150; i < FIRST + 230; i++) space.add(i, SET.at(i));
    space.endOffer(offer);
    expect(space.seat.core.depthOf(0)).toBe(0);
    while (space.seat.core.link(500) !== 0);
    expect(space.seat.core.depthOf(0)).toBe(130);
    expectSettled(space, "both portions and the rest");
    expectAllFound(space, SET, FIRST + 230, 1, "at the end");
  });

  test("not before what others still link of the slots before it", async () => {
    const space = await spaceOf();
    const other = Seat.join(await coreModule("debug"), space.seat.memory, 1, true);
    for (let i = 0; i < FIRST; i++) space.add(i, SET.at(i));
    expect(other.core.claim(0, FIRST, 1)).toBe(FIRST);
    other.core.link(100);
    space.addTogether(SET, FIRST, 400, 250);
    expect(space.seat.core.claim(0, 500, 1)).toBe(0);
    while (other.core.link(100) !== 0);
    expect(space.seat.core.claim(0, 500, 1)).toBe(250);
    expect(other.core.claim(0, 500, 1)).toBe(0);
    expectSettled(space, "linked by two");
  });

  test("but linked one by one where there is no memory for it", async () => {
    const space = await spaceOf();
    for (let i = 0; i < FIRST; i++) space.add(i, SET.at(i));
    space.linkAll();
    space.addTogether(SET, FIRST, COUNT, COUNT - FIRST);
    const { core } = space.seat;
    core.reserve(space.at, space.incarnation, 0, 2 ** 32 - 1); // refused, with what is available
    const left = space.seat.infoAt(1) - 300_000; // more than a reservation takes besides its keys
    expect(core.reserve(space.at, space.incarnation, 0, left)).toBe(OK);
    const promised = space.seat.infoAt(0);
    expect(core.claim(0, 10, 1)).toBe(10);
    expect(bulkOf(space)).toBe(0);
    core.unreserve(promised, 0, 0, 0);
    expectSettled(space, "one by one");
    expectAllFound(space, SET, COUNT, 3, "one by one");
  });

  test("but linked one by one in f32, or with a search too wide", async () => {
    for (const changes of [{ quantization: "none" as const }, { efConstruction: 100 }]) {
      const space = await spaceOf(changes);
      space.addTogether(SET, 0, COUNT, 300);
      expect(space.seat.core.claim(0, 10, 1)).toBe(10);
      expectSettled(space, "one by one");
      expectAllFound(space, SET, COUNT, 3, "one by one");
    }
  });
});

describe("in the middle of a portion", () => {
  const MOMENTS = [0, 1, 2, 5, 10, 15, 20, 30, 50];

  test.each(MOMENTS)("after %i steps deletes and upserts lose nothing", async (steps) => {
    const space = await withPortion();
    for (let i = 0; i < steps; i++) space.seat.core.link(1);
    for (let i = FIRST; i < FIRST + 60; i++) expect(space.remove(i)).toBe(true);
    for (let i = FIRST + 60; i < FIRST + 90; i++) space.add(i, SET.at(COUNT + i));
    expectSettled(space, `after ${steps} steps`);
    for (let i = FIRST; i < FIRST + 60; i++) expect(space.search(SET.at(i), 1)[0]!.key).not.toBe(i);
    for (let i = FIRST + 60; i < FIRST + 90; i++) expect(space.search(SET.at(COUNT + i), 1)[0]!.key).toBe(i);
  });

  test.each(MOMENTS)("after %i steps a compaction takes the slots along", async (steps) => {
    const space = await withPortion();
    for (let i = 0; i < steps; i++) space.seat.core.link(1);
    for (let i = 0; i < FIRST; i++) space.remove(i);
    for (let i = FIRST; i < FIRST + 400; i++) space.remove(i);
    const compacting = Seat.join(await coreModule("debug"), space.seat.memory, 1, true);
    while (compacting.core.claim(0, 500, 1) !== 0) while (compacting.core.link(500) !== 0);
    expectSettled(space, `after ${steps} steps`);
    expect(space.figures().compactions).toBeGreaterThan(0);
    for (let i = FIRST + 400; i < COUNT; i++) expect(space.search(SET.at(i), 1)[0]!.key).toBe(i);
  });

  test.each(MOMENTS)("after %i steps a drop frees everything", async (steps) => {
    const seat = await partition(SETTINGS, "debug");
    new CoreSpace(seat, "first").drop();
    const before = usedBytes(seat);
    const space = new CoreSpace(seat, "s");
    for (let i = 0; i < FIRST; i++) space.add(i, SET.at(i));
    space.linkAll();
    space.addTogether(SET, FIRST, COUNT, COUNT - FIRST);
    seat.core.claim(0, 10, 1);
    for (let i = 0; i < steps; i++) seat.core.link(1);
    space.drop();
    linkAll(seat);
    seat.core.tidy();
    expect(seatWords(seat)).toEqual({ bulk: 0, leaves: 0 });
    expect(usedBytes(seat)).toBe(before);
  });

  test.each(MOMENTS)("after %i steps the next thread in the seat goes on one by one", async (steps) => {
    const space = await withPortion();
    for (let i = 0; i < steps; i++) space.seat.core.link(1);
    const other = Seat.join(await coreModule("debug"), space.seat.memory, 1, true);
    other.core.repairSeat(0);
    expect(seatWords(space.seat)).toEqual({ bulk: 0, leaves: 0 });
    expect(bulkOf(space)).toBe(0);
    const next = Seat.join(await coreModule("debug"), space.seat.memory, 0, true);
    while (next.core.link(100) !== 0);
    expectSettled(space, `after ${steps} steps`);
    expectAllFound(space, SET, COUNT, 1, `after ${steps} steps`);
  });
});

test("a portion that is not filled, because its thread has ended or gave up, is work like any other", async () => {
  for (const end of ["ended", "gave up"]) {
    const space = await spaceOf();
    const adding = new CoreSpace(Seat.join(await coreModule("debug"), space.seat.memory, 1, true), "s");
    for (let i = 0; i < FIRST; i++) space.add(i, SET.at(i));
    space.linkAll();
    const offer = adding.offer(500, 500);
    for (let i = FIRST; i < 400; i++) adding.add(i, SET.at(i));
    expect(space.seat.core.depthOf(0)).toBe(0);
    if (end === "ended") space.seat.core.repairSeat(1);
    else adding.endOffer(offer);
    expect(space.seat.core.depthOf(0)).toBe(250);
    expectSettled(space, end);
    expectAllFound(space, SET, 400, 1, end);
  }
});

describe("what becomes work at once is linked together", () => {
  const portions = { from: 100, most: 300 };

  /** Claims the next portion; how many slots it has. */
  function claimPortion(space: CoreSpace): number {
    const claimed = space.seat.core.claim(0, 1, 1);
    expect(bulkOf(space)).toBe(1);
    while (space.seat.core.link(1000) !== 0);
    return claimed;
  }

  test("where a space outgrows the flat scan", async () => {
    const space = await spaceOf({ flatBelow: 500, portions });
    for (let i = 0; i < 500; i++) space.add(i, SET.at(i));
    expect(space.seat.core.claim(0, 1, 1)).toBe(0);
    space.add(500, SET.at(500));
    expect([claimPortion(space), claimPortion(space)]).toEqual([251, 250]);
    expectSettled(space, "outgrown");
    expectAllFound(space, SET, 501, 1, "outgrown");
  });

  test("where a space is loaded", async () => {
    const space = await spaceOf();
    for (let i = 0; i < COUNT; i++) space.add(i, SET.at(i));
    const copy = new CoreSpace(await partition({ ...SETTINGS, portions }, "debug"), "t");
    expect(load(copy.seat, snapshotOf(space))).toBe(OK);
    const found = new CoreSpace(copy.seat, "s");
    expect([claimPortion(found), claimPortion(found), claimPortion(found)]).toEqual([300, 300, 300]);
    expectSettled(found, "loaded");
    expectAllFound(found, SET, COUNT, 1, "loaded");
  });

  test.each([0, 200])("where a space is compacted, and %i are added in the meantime", async (more) => {
    const space = await spaceOf({ portions });
    for (let i = 0; i < COUNT; i++) space.add(i, SET.at(i));
    space.linkAll();
    for (let i = 0; i < 300; i++) space.remove(i);
    const { core } = space.seat;
    expect(core.claim(0, 1, 1)).toBe(1);
    core.link(1); // some steps
    for (let i = 0; i < more; i++) space.add(COUNT + i, SET.at(COUNT + i));
    let portionsSeen = 0;
    while (core.hasClaims() !== 0 || core.claim(0, 50, 1) !== 0) {
      if (bulkOf(space) !== 0) portionsSeen++;
      while (core.link(1000) !== 0);
    }
    expect(portionsSeen).toBe(2);
    expect(space.figures().compactions).toBe(1);
    expectSettled(space, "compacted");
    for (let i = 300; i < COUNT + more; i++) expect(space.search(SET.at(i), 1)[0]!.key).toBe(i);
  });

  test("but not where they are few", async () => {
    const space = await spaceOf({ portions: { from: 600, most: 800 } });
    for (let i = 0; i < 500; i++) space.add(i, SET.at(i));
    expect(space.seat.core.claim(0, 10, 1)).toBe(10);
    expect(bulkOf(space)).toBe(0);
  });
});

test("portions leave no memory behind, over and over", async () => {
  const seat = await partition(SETTINGS, "debug");
  new CoreSpace(seat, "first").drop();
  const before = usedBytes(seat);
  const { below } = random(SEED);
  for (let round = 0; round < 5; round++) {
    const space = new CoreSpace(seat, "s");
    space.addTogether(SET, 0, COUNT, 100 + below(800));
    space.linkAll();
    expectSettled(space, `round ${round}`);
    space.drop();
    seat.core.tidy();
    expect(usedBytes(seat)).toBe(before);
  }
});

test("of equal vectors one is linked and the others hang on it, the oldest first", async () => {
  const { below } = random(SEED);
  const values = VectorSet.make(
    800,
    DIMENSIONS,
    (() => {
      const chosen = Array.from({ length: 800 }, () => below(40));
      return (i, j) => SET.at(chosen[i]!)[j]!;
    })(),
  );
  for (const metric of ["l2", "cosine", "dot"] as const) {
    const space = await spaceOf({ metric });
    space.addTogether(values, 0, 100, 100);
    space.linkAll();
    space.addTogether(values, 100, 800, 700);
    expectSettled(space, metric);
    for (let i = 0; i < 40; i++) {
      const wanted = [];
      for (let j = 0; j < 800; j++) if (values.at(j).join() === SET.at(i).join()) wanted.push(j);
      const found = space.search(SET.at(i), 10).slice(0, wanted.length);
      if (metric !== "dot")
        expect(
          found.map(({ key }) => key),
          metric,
        ).toEqual(wanted.slice(0, 10));
    }
  }
});

test("a portion that is given back because codes went blind keeps the twins among the slots that are linked", async () => {
  const { gaussian } = random(SEED);
  const near = VectorSet.make(600, DIMENSIONS, gaussian);
  // The portion begins with two twins of slot 0. What follows lies in a tight cluster far away.
  const far = VectorSet.make(600, DIMENSIONS, (i, j) => (i < 2 ? near.at(0)[j]! : 30 + 0.01 * gaussian()));
  const space = await spaceOf({ metric: "l2" });
  for (let i = 0; i < near.count; i++) space.add(i, near.at(i));
  space.linkAll();
  const offer = space.offer(far.count, far.count);
  for (let i = 0; i < far.count; i++) space.add(near.count + i, far.at(i));
  space.endOffer(offer);
  expect(space.seat.core.claim(0, 10, 1)).toBe(far.count);
  while (bulkOf(space) !== 0) space.seat.core.link(10);
  expect(space.figures().pending).toBeGreaterThan(far.count / 2);
  expectSettled(space, "given back");
  expect(space.search(near.at(0), 3).map(({ key }) => key)).toEqual([0, near.count, near.count + 1]);
});
