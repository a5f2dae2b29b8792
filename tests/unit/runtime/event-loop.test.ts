/* Does long work in slices let the event loop run between them, and only then? */
import { describe, expect, test } from "bun:test";
import { afterPatience, nextTurn, Patience, Slice } from "../../../src/runtime/event-loop.ts";

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

describe("patience", () => {
  test("is over after as long as it was given, in turns of the event loop", async () => {
    const start = performance.now();
    const patience = new Patience(20);
    while (!patience.isOver) await nextTurn();
    expect(performance.now() - start).toBeGreaterThan(20);
  });

  test("counts a blocked event loop as one step, and begins again when something moved", () => {
    const patience = new Patience(20);
    for (let blocked = 0; blocked < 4; blocked++) {
      Bun.sleepSync(21);
      expect(patience.isOver).toBe(false);
    }
    patience.renew();
    for (let blocked = 0; blocked < 4; blocked++) {
      Bun.sleepSync(21);
      expect(patience.isOver).toBe(false);
    }
    Bun.sleepSync(21);
    expect(patience.isOver).toBe(true);
  });

  test("of a call in time: it comes once, or not at all when it was called off", async () => {
    const calls: string[] = [];
    afterPatience(5, () => calls.push("wanted"));
    const callOff = afterPatience(5, () => calls.push("called off"));
    callOff();
    await new Promise<void>((resolve) => afterPatience(40, resolve));
    expect(calls).toEqual(["wanted"]);
  });
});
