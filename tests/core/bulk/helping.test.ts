/*
 * Two threads that link one portion: do both do a share, is everything found at every step, and is all whole when either of them
 * traps, ends, or finds its space gone? Two seats that take turns on one thread; tests/stress has real threads.
 */
import { describe, expect, test } from "bun:test";
import * as layout from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";
import { CoreSpace, coreModule, linkAll, partition, usedBytes } from "../harness.ts";
import { COUNT, claimPortion, expectAllFound, expectLinked, FIRST, SETTINGS, seatWord, setOf } from "./claimed.ts";

const { OK, SEAT_BULK, SEAT_BULK_STALE, SEAT_HELP, SEAT_HELPS, SEAT_LEAVES } = layout;
const SEED = 2584;
const SET = setOf(SEED);
const OWNER = 0;
const HELPER = 1;

interface Pair {
  space: CoreSpace;
  owner: Seat;
  helper: Seat;
}

/** A space with a graph of FIRST slots, a portion of the rest that the owner has claimed, and a second seat. */
async function pair(from?: Seat): Promise<Pair> {
  const owner = from ?? (await partition(SETTINGS, "debug"));
  const space = new CoreSpace(owner, "s");
  claimPortion(space, SET);
  return { space, owner, helper: await seatIn(owner, HELPER) };
}

async function seatIn(other: Seat, number: number): Promise<Seat> {
  return Seat.join(await coreModule("debug"), other.memory, number, true);
}

function heldBy(seat: Seat): number[] {
  const cells = [SEAT_BULK, SEAT_LEAVES, SEAT_BULK_STALE, SEAT_HELP, SEAT_HELPS];
  return [OWNER, HELPER].flatMap((number) => cells.map((cell) => seatWord(seat, number, cell)));
}

/** A step of a seat that helps whenever it can. Returns what it took. */
function helpOnce(helper: Seat): number {
  if (helper.core.hasClaims() === 0 && helper.core.joinBulk() === 0) return 0;
  helper.core.link(1);
  return helper.infoAt(2);
}

/** Both take turns until neither has anything to do. */
function finish({ space, owner, helper }: Pair, context: string): void {
  for (let left = 20_000; owner.core.hasClaims() !== 0 || helper.core.hasClaims() !== 0; left--) {
    if (left === 0) throw new Error(`linking does not end, ${context}`);
    owner.core.link(1);
    helpOnce(helper);
  }
  linkAll(owner);
  linkAll(helper);
  expectLinked(space, context);
  expect(heldBy(owner), context).toEqual(new Array(10).fill(0));
}

test("both do a share, and every vector is found after every step", async () => {
  const { space, owner, helper } = await pair();
  const effort = [0, 0];
  for (let step = 0; owner.core.link(1) !== 0; step++) {
    effort[OWNER]! += owner.infoAt(2);
    effort[HELPER]! += helpOnce(helper);
    if (step % 3 === 0) expectAllFound(space, SET, COUNT, 7, `after step ${step}, seed ${SEED}`);
  }
  finish({ space, owner, helper }, `seed ${SEED}`);
  expectAllFound(space, SET, COUNT, 1, `at the end, seed ${SEED}`);
  expect(effort[HELPER]!, JSON.stringify(effort)).toBeGreaterThan(effort[OWNER]! / 3);
});

test("there is something to help with while a portion is linked, and only then", async () => {
  const { space, owner, helper } = await pair();
  expect([helper.core.canHelp(), owner.core.canHelp()]).toEqual([1, 0]);
  expect(owner.core.joinBulk()).toBe(0);
  expect(helper.core.joinBulk()).toBe(1);
  expect(helper.core.joinBulk()).toBe(0); // it has a claim
  while (owner.core.link(100) !== 0) helper.core.link(100);
  while (helper.core.hasClaims() !== 0) helper.core.link(100);
  expect([helper.core.canHelp(), helper.core.joinBulk()]).toEqual([0, 0]);
  finish({ space, owner, helper }, "linked");
});

test("without memory for it no thread helps", async () => {
  const { space, owner, helper } = await pair();
  const { core } = owner;
  core.reserve(space.at, space.incarnation, 0, 2 ** 32 - 1); // refused, with what is available
  expect(core.reserve(space.at, space.incarnation, 0, owner.infoAt(1) - 300_000)).toBe(OK);
  const promised = owner.infoAt(0);
  expect(helper.core.joinBulk()).toBe(0);
  core.unreserve(promised, 0, 0, 0);
  finish({ space, owner, helper }, "alone");
  expectAllFound(space, SET, COUNT, 3, "alone");
});

const POINTS = Object.entries(layout).filter(([name]) => name.startsWith("FAULT_BULK_"));
/* Those that only one of the two can come to: the owner claims, trains, publishes and gives back, the helper joins and leaves. */
const OF_OWNER = /TRAINED|PUBLISHED|RELEASED/;
const OF_HELPER = /JOINED|LEFT/;

describe("a trap", () => {
  for (const [name, point] of POINTS.filter(([name]) => !/CLAIMED|TWIN/.test(name))) {
    for (const trapped of [OWNER, HELPER]) {
      if ((trapped === OWNER ? OF_HELPER : OF_OWNER).test(name)) continue;
      test(`at ${name} of the ${trapped === OWNER ? "owner" : "helper"} leaves everything whole`, async () => {
        const both = await pair();
        const seats = [both.owner, both.helper];
        seats[trapped]!.core.armFault(point as number, 1);
        let traps = 0;
        const survive = (number: number, call: () => void) => {
          try {
            call();
          } catch (error) {
            if (!(error instanceof WebAssembly.RuntimeError)) throw error;
            traps++;
            seats[number]!.core.repairSeat(number);
          }
        };
        for (let step = 0; both.owner.core.hasClaims() !== 0 && step < 5000; step++) {
          survive(HELPER, () => helpOnce(both.helper));
          survive(OWNER, () => both.owner.core.link(1));
          if (step % 5 === 0) expectAllFound(both.space, SET, COUNT, 31, `after step ${step}`);
        }
        survive(HELPER, () => helpOnce(both.helper));
        expect(traps).toBe(1);
        finish(both, name);
        expectAllFound(both.space, SET, COUNT, 1, name);
      });
    }
  }
});

describe("in the middle of a portion", () => {
  const MOMENTS = [1, 2, 3, 5, 10, 20, 30, 40, 60];

  function steps({ owner, helper }: Pair, count: number): void {
    for (let i = 0; i < count; i++) {
      helpOnce(helper);
      owner.core.link(1);
    }
    helpOnce(helper);
  }

  test.each(MOMENTS)("after %i steps the helper ends", async (count) => {
    const both = await pair();
    steps(both, count);
    both.owner.core.repairSeat(HELPER);
    finish({ ...both, helper: await seatIn(both.owner, HELPER) }, `after ${count} steps`);
    expectAllFound(both.space, SET, COUNT, 1, `after ${count} steps`);
  });

  test.each(MOMENTS)(
    "after %i steps the owner ends, and the next in its seat goes on once the helper has left",
    async (count) => {
      const both = await pair();
      steps(both, count);
      both.helper.core.repairSeat(OWNER);
      const next = await seatIn(both.helper, OWNER);
      const space = new CoreSpace(next, "s");
      finish({ space, owner: next, helper: both.helper }, `after ${count} steps`);
      expectAllFound(space, SET, COUNT, 1, `after ${count} steps`);
    },
  );

  test.each(MOMENTS)("after %i steps both end", async (count) => {
    const both = await pair();
    steps(both, count);
    const third = await seatIn(both.owner, 2);
    third.core.repairSeat(count % 2);
    third.core.repairSeat(1 - (count % 2));
    const [owner, helper] = [await seatIn(third, OWNER), await seatIn(third, HELPER)];
    const space = new CoreSpace(owner, "s");
    finish({ space, owner, helper }, `after ${count} steps`);
    expectAllFound(space, SET, COUNT, 1, `after ${count} steps`);
  });

  test.each(MOMENTS)("after %i steps the space is dropped, and all memory is free", async (count) => {
    const owner = await partition(SETTINGS, "debug");
    const other = await seatIn(owner, HELPER); // its scratch memory is counted
    new CoreSpace(owner, "first").drop();
    const before = usedBytes(owner);
    const both = await pair(owner);
    steps({ ...both, helper: other }, count);
    both.space.drop();
    for (let i = 0; i < 100; i++) {
      owner.core.link(1);
      if (other.core.hasClaims() !== 0) other.core.link(1);
    }
    linkAll(owner);
    owner.core.tidy();
    expect(heldBy(owner)).toEqual(new Array(10).fill(0));
    expect(usedBytes(owner)).toBe(before);
  });

  test.each(MOMENTS)("after %i steps deletes and upserts lose nothing", async (count) => {
    const both = await pair();
    steps(both, count);
    for (let i = FIRST; i < FIRST + 60; i++) expect(both.space.remove(i)).toBe(true);
    for (let i = FIRST + 60; i < FIRST + 90; i++) both.space.add(i, SET.at(COUNT + i));
    finish(both, `after ${count} steps`);
    for (let i = FIRST; i < FIRST + 60; i++) expect(both.space.search(SET.at(i), 1)[0]!.key).not.toBe(i);
    for (let i = FIRST + 60; i < FIRST + 90; i++) expect(both.space.search(SET.at(COUNT + i), 1)[0]!.key).toBe(i);
  });
});
