/* Are no more at work than may be, are all done in order, and does one that fails hand its turn on? */
import { expect, test } from "bun:test";
import { Turns } from "../../../../src/server/wire/turns.ts";

test("three at a time, in the order in which they came", async () => {
  const turns = new Turns(3);
  const started: number[] = [];
  let [running, most] = [0, 0];
  const work = (i: number) => async () => {
    started.push(i);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    if (i % 4 === 0) throw new Error(`${i}`);
    return i;
  };
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => turns.take(work(i))));
  expect(started).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(3);
  expect(results.map(({ status }) => status)).toEqual(
    Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? "rejected" : "fulfilled")),
  );
  expect(await turns.take(async () => "later")).toBe("later");
});
