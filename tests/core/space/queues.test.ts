/* Is every op claimed once, in turns of the spaces, and is what a thread has claimed left to its successor? */
import { expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition } from "../harness.ts";

const SEED = 515;
const DIMENSIONS = 4;
const COUNT = 100;

/** Three spaces of one home with COUNT ops each that wait. */
async function threeSpaces(): Promise<{ seat: Seat; spaces: CoreSpace[] }> {
  const seat = await partition({ dimensions: DIMENSIONS, flatBelow: 10 });
  const spaces = ["a", "b", "c"].map((name) => new CoreSpace(seat, name));
  for (const space of spaces) space.addAll(uniform(COUNT, DIMENSIONS, SEED));
  return { seat, spaces };
}

const pendingOf = (spaces: CoreSpace[]) => spaces.map((space) => space.figures().pending);

test("a claim takes from the space at the head, which then goes to the tail", async () => {
  const { seat, spaces } = await threeSpaces();
  const afterEach: number[][] = [];
  while (seat.core.claim(0, 60, 0) === 60) {
    while (seat.core.link(60) !== 0);
    afterEach.push(pendingOf(spaces));
  }
  expect(afterEach).toEqual([
    [40, 100, 100],
    [40, 40, 100],
    [40, 40, 40],
    [0, 20, 40],
    [0, 0, 0],
  ]);
});

test("the depth is what no seat has claimed", async () => {
  const { seat } = await threeSpaces();
  expect(seat.core.depthOf(0)).toBe(3 * COUNT);
  expect(seat.core.depthOf(1)).toBe(0);
  expect(seat.core.claim(0, 250, 0)).toBe(250);
  expect(seat.core.depthOf(0)).toBe(50);
});

test("two seats never claim the same op", async () => {
  const { seat, spaces } = await threeSpaces();
  const other = Seat.join(await coreModule(), seat.memory, 1, true);
  let claimed = 0;
  for (let more = 1; more > 0; claimed += more) {
    more = seat.core.claim(0, 70, 0) + other.core.claim(0, 70, 0);
    for (const { core } of [other, seat]) while (core.link(100) !== 0);
  }
  expect(claimed).toBe(3 * COUNT);
  expect(pendingOf(spaces)).toEqual([0, 0, 0]);
});

test("a successor in the seat goes on where a thread stopped", async () => {
  const { seat, spaces } = await threeSpaces();
  expect(seat.core.claim(0, 150, 0)).toBe(150);
  expect(seat.core.link(30)).toBe(1);
  const successor = Seat.join(await coreModule(), seat.memory, 0, true);
  expect(successor.core.hasClaims()).toBe(1);
  while (successor.core.link(1000) !== 0);
  expect(successor.core.hasClaims()).toBe(0);
  expect(pendingOf(spaces)).toEqual([0, 50, 100]);
  for (const space of spaces) space.expectWhole(`seed ${SEED}`);
});
