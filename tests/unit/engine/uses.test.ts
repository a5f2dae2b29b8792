/* Is it known when nothing uses a handle's seats any more, and does a seat walk one census at a time? */
import { expect, test } from "bun:test";
import { endsWithin, Uses } from "../../../src/engine/uses.ts";

test("a handle rests once everything has ended, failed or not, and not before", async () => {
  const uses = new Uses();
  expect(await uses.atRest(1000)).toBeTrue();
  const { promise, reject } = Promise.withResolvers<void>();
  const failing = uses.start(() => promise);
  expect(await uses.atRest(5)).toBeFalse();
  reject(new Error("failed"));
  await expect(failing).rejects.toThrow("failed");
  expect(await uses.atRest(1000)).toBeTrue();
});

test("a census waits for those before it, also for one that fails, and for nothing else", async () => {
  const uses = new Uses();
  const order: string[] = [];
  const first = uses.inTurn("census", async () => {
    await Bun.sleep(5);
    order.push("first");
    throw new Error("trapped");
  });
  const other = uses.inTurn("scan", async () => order.push("other"));
  const second = uses.inTurn("census", async () => {
    order.push("second");
    return 2;
  });
  await expect(first).rejects.toThrow("trapped");
  expect(await second).toBe(2);
  await other;
  expect(order).toEqual(["other", "first", "second"]);
});

test("a wait ends with the promise, or when its time is over", async () => {
  expect(await endsWithin(Promise.reject(new Error()), 1000)).toBeTrue();
  expect(await endsWithin(new Promise(() => {}), 5)).toBeFalse();
});
