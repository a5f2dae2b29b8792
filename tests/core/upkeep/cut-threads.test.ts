/*
 * A thread is cut between two statements, as V8 cuts one that is terminated: does the repair leave every vector where
 * searches find it, and does the invariant walker see where one is not? What such a thread leaves is put into memory here.
 */
import { describe, expect, test } from "bun:test";
import {
  FAULT_TWIN,
  FAULT_TWIN_MARKED,
  HANGS,
  P_LOCK,
  P_QUEUES,
  P_SEATS,
  PENDING,
  Q_DEPTH,
  Q_INBOX,
  S_NEXT,
  S_QUEUED,
  SEAT_BYTES,
  SEAT_HELD_PARTITION,
  SLOT_STATE,
  TWINNED,
} from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition } from "../harness.ts";
import { SpaceMap } from "../memory-map.ts";

const SEED = 515;
const DIMENSIONS = 8;
const SET = uniform(600, DIMENSIONS, SEED);

async function linked(count: number): Promise<{ space: CoreSpace; map: SpaceMap }> {
  const space = new CoreSpace(await partition({ dimensions: DIMENSIONS, flatBelow: 64 }, "debug"), "s");
  for (let i = 0; i < count; i++) space.add(i, SET.at(i));
  space.linkAll();
  return { space, map: new SpaceMap(space) };
}

const keysNearest = (space: CoreSpace, slot: number, k: number) =>
  space
    .search(SET.at(slot), k)
    .map(({ key }) => key)
    .sort();

describe("a slot that is about to be hung on the chain of its twins", () => {
  test("is found after a cut before it is on it", async () => {
    const { space, map } = await linked(300);
    space.add("twin", SET.at(7));
    const { core } = space.seat;
    core.armFault(FAULT_TWIN_MARKED, 1);
    expect(() => space.linkAll()).toThrow(WebAssembly.RuntimeError);
    expect(map.word(map.slotAt(300) + SLOT_STATE)).toBe(PENDING | HANGS);
    core.repairSeat(0);
    space.linkAll();
    expect(keysNearest(space, 7, 2)).toEqual([7, "twin"]);
    space.expectWhole(`seed ${SEED}`);
    expect(space.census(false)).toBe(0);
    expect(space.figures()).toMatchObject({ live: 301, pending: 0, quarantined: 0 });
  });

  test("is on it once, though it is linked again after a cut behind the push", async () => {
    const { space } = await linked(300);
    space.add("twin", SET.at(7));
    space.seat.core.armFault(FAULT_TWIN, 1);
    expect(() => space.linkAll()).toThrow(WebAssembly.RuntimeError);
    space.seat.core.repairSeat(0);
    space.linkAll();
    expect(keysNearest(space, 7, 2)).toEqual([7, "twin"]);
    space.expectWhole(`seed ${SEED}`);
  });
});

describe("the invariant walker sees a twin", () => {
  async function withTwins(): Promise<{ space: CoreSpace; map: SpaceMap }> {
    const made = await linked(300);
    for (const of of [7, 7, 8]) made.space.add(`twin ${made.map.count} of ${of}`, SET.at(of));
    made.space.linkAll();
    expect([300, 301, 302].map((slot) => made.map.state(slot))).toEqual([TWINNED, TWINNED, TWINNED]);
    made.space.expectWhole("as it was linked");
    return made;
  }

  const brokenIn = ({ seat, at, incarnation }: CoreSpace) => seat.core.check(at, incarnation);

  test("on no chain", async () => {
    const { space, map } = await withTwins();
    map.setWord(map.chainAt(8), 0);
    expect(brokenIn(space)).not.toBe(0);
  });

  test("that its chain passes by", async () => {
    const { space, map } = await withTwins();
    const first = map.word(map.chainAt(7)) - 1;
    map.setWord(map.chainAt(7), map.word(map.nextTwinAt(first)));
    expect(brokenIn(space)).not.toBe(0);
  });

  test("on two chains", async () => {
    const { space, map } = await withTwins();
    map.setWord(map.chainAt(9), map.word(map.chainAt(8)));
    expect(brokenIn(space)).not.toBe(0);
  });

  test("on a chain of another vector", async () => {
    const { space, map } = await withTwins();
    map.setWord(map.chainAt(9), map.word(map.chainAt(8)));
    map.setWord(map.chainAt(8), 0);
    expect(brokenIn(space)).not.toBe(0);
  });
});

test("a space that is marked as queued and stands in no queue is linked once its thread was repaired", async () => {
  const space = new CoreSpace(await partition({ dimensions: DIMENSIONS, flatBelow: 64 }), "s");
  const { seat } = space;
  for (let i = 0; i < 60; i++) space.add(i, SET.at(i));
  const dead = Seat.join(await coreModule(), seat.memory, 5, true);
  const words = new Uint32Array(seat.memory.buffer);
  for (let i = 60; i < 100; i++) space.add(i, SET.at(i));
  // As if the last of them were cut in `enqueue`, between its two stores: it holds the partition's lock.
  expect(words[(space.at + S_QUEUED) >>> 2]).toBe(1);
  words[(P_QUEUES + Q_INBOX) >>> 2] = 0;
  words[(space.at + S_NEXT) >>> 2] = 0;
  expect(words[(P_QUEUES + Q_DEPTH) >>> 2]).toBe(100);
  words[P_LOCK >>> 2] = dead.number + 1;
  words[(P_SEATS + dead.number * SEAT_BYTES + SEAT_HELD_PARTITION) >>> 2] = P_LOCK;
  expect(seat.core.repairSeat(dead.number)).toBeGreaterThanOrEqual(0);
  space.linkAll();
  expect(space.figures()).toMatchObject({ live: 100, pending: 0, graph: true });
  space.expectWhole(`seed ${SEED}`);
});
