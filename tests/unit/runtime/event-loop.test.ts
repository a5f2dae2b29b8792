/* Does long work in slices let the event loop run between them, and only then? */
import { expect, test } from "bun:test";
import { nextTurn, Slice } from "../../../src/runtime/event-loop.ts";

test("the next turn comes after those that were asked for before it", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("before"));
  const turn = nextTurn().then(() => order.push("turn"));
  order.push("now");
  await turn;
  expect(order).toEqual(["now", "before", "turn"]);
});

test("a slice is over after 2 ms, and the next one takes as long", async () => {
  const slice = new Slice();
  const isOverAfter = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return slice.isOver;
  };
  expect(isOverAfter(2)).toBe(true);
  let ran = false;
  setImmediate(() => {
    ran = true;
  });
  const start = performance.now();
  await slice.next();
  expect(ran).toBe(true);
  const { isOver } = slice;
  if (performance.now() - start < 2) expect(isOver).toBe(false); // a busy machine may be late
  expect(isOverAfter(2)).toBe(true);
});
