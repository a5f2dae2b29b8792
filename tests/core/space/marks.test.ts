/* Is the mark of a flush reached once all that was accepted before it is linked, and no later? */
import { expect, test } from "bun:test";
import * as calls from "../../../src/core/calls.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";

const COUNT = 1000;
const SET = uniform(COUNT, 4, 606);

async function filled(): Promise<CoreSpace> {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 64 }), "space");
  space.addAll(SET);
  return space;
}

const markIn = (space: CoreSpace, mark: number) => {
  const found = calls.isLinked(space.seat, { address: space.at, incarnation: space.incarnation }, mark);
  if (found === calls.AGAIN) throw new Error("the partition is busy");
  return found;
};

/** One batch of what waits. */
function linkSome(space: CoreSpace, ops: number): void {
  space.seat.core.claim(0, ops, 1);
  while (space.seat.core.link(ops) !== 0);
}

test("a mark is reached with its last op, not with one before it", async () => {
  const space = await filled();
  const { isLinked, mark } = markIn(space, 0);
  expect(isLinked).toBe(false);
  while (!markIn(space, mark).isLinked) {
    expect(space.figures().pending).toBeGreaterThan(0);
    linkSome(space, 50);
  }
  expect(space.figures().pending).toBe(0);
});

test("what comes after a mark is not waited for, and a second mark comprises it", async () => {
  const space = await filled();
  const first = markIn(space, 0).mark;
  space.add("late", SET.at(0));
  const second = markIn(space, 0).mark;
  expect(second).toBe(first + 1);
  for (let linked = 0; linked < COUNT; linked += 50) linkSome(space, 50);
  expect(markIn(space, first).isLinked).toBe(true);
  expect(markIn(space, second).isLinked).toBe(false);
  linkSome(space, 50);
  expect(markIn(space, second).isLinked).toBe(true);
});

test("a mark follows what a compaction moves, until that is linked", async () => {
  const space = await filled();
  const { mark } = markIn(space, 0);
  for (let i = 0; i < 400; i++) space.remove(i); // a compaction is due, and nothing is linked
  while (space.figures().compactions === 0) {
    linkSome(space, 1);
    expect(markIn(space, mark).isLinked).toBe(false);
  }
  while (!markIn(space, mark).isLinked) {
    expect(space.figures().pending).toBeGreaterThan(0);
    linkSome(space, 50);
  }
  expect(space.figures().pending).toBe(0);
});

test("a mark set while a compaction runs comprises both generations", async () => {
  const space = await filled();
  space.linkAll();
  for (let i = 0; i < 400; i++) space.remove(i);
  linkSome(space, 1);
  const { mark, isLinked } = markIn(space, 0);
  expect(isLinked).toBe(false);
  while (!markIn(space, mark).isLinked) linkSome(space, 1);
  expect(space.figures()).toMatchObject({ pending: 0, compactions: 1 });
});

test("upserts that never end, faster than they are linked, do not keep a mark away", async () => {
  const space = await filled();
  const { mark } = markIn(space, 0);
  let rounds = 0;
  for (; !markIn(space, mark).isLinked; rounds++) {
    for (let i = 0; i < 300; i++) space.add((rounds * 300 + i) % COUNT, SET.at((rounds + i) % COUNT));
    linkSome(space, 30);
  }
  expect(rounds).toBeLessThan(200);
  expect(space.figures().pending).toBeGreaterThan(0);
  space.linkAll();
  expect(markIn(space, 0).isLinked).toBe(true);
  space.expectWhole("at the end");
});

test("the mark of a space that was dropped is reached", async () => {
  const space = await filled();
  const { mark } = markIn(space, 0);
  space.drop();
  expect(markIn(space, mark).isLinked).toBe(true);
});
