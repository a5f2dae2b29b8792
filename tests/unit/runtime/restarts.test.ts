/* Is a thread replaced as long as it works, and given up when it keeps ending without work? */
import { expect, test } from "bun:test";
import { Restarts } from "../../../src/runtime/restarts.ts";

function lifeOf(work: number[]): boolean[] {
  let done = 0;
  const restarts = new Restarts(() => done);
  return work.map((amount) => {
    restarts.started();
    done += amount;
    return restarts.ended();
  });
}

test("a thread that never works is replaced five times", () => {
  expect(lifeOf([0, 0, 0, 0, 0, 0])).toEqual([true, true, true, true, true, false]);
});

test("one that works is replaced every time", () => {
  expect(lifeOf(Array(50).fill(1))).not.toContain(false);
});

test("work before an end makes the idle ends before it forgotten", () => {
  expect(lifeOf([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])).toEqual([...Array(11).fill(true), false]);
});

test("replacements are counted", () => {
  const restarts = new Restarts(() => 0);
  for (let end = 0; end < 6; end++) {
    restarts.started();
    restarts.ended();
  }
  expect(restarts.count).toBe(5);
});
