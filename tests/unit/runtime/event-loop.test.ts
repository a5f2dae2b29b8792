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

test("a slice is over after its time, and the next one begins anew", async () => {
  const slice = new Slice(20);
  expect(slice.isOver).toBe(false);
  const end = performance.now() + 21;
  while (performance.now() < end);
  expect(slice.isOver).toBe(true);
  let ran = false;
  setImmediate(() => {
    ran = true;
  });
  await slice.next();
  expect([ran, slice.isOver]).toEqual([true, false]);
});
