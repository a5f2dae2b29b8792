/* Is a message missed that was acknowledged and does not come back? */
import { expect, test } from "bun:test";
import { Acknowledged } from "../../../../src/cluster/log/acknowledged.ts";

test("what was acknowledged must come under its number; what others wrote may be anything", () => {
  const acknowledged = new Acknowledged();
  acknowledged.add(2, "b");
  acknowledged.add(4, "d");
  expect(acknowledged.last).toBe(4);
  expect(["a", "b", "c", "x"].map((digest, i) => acknowledged.isKept(i + 1, digest))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("an acknowledgement that is slower than the log is not waited for", () => {
  const acknowledged = new Acknowledged();
  expect(acknowledged.isKept(1, "a")).toBe(true);
  acknowledged.add(1, "a");
  expect(acknowledged.isKept(1, "whatever a reading that begins again finds there")).toBe(true);
  expect(acknowledged.last).toBe(1);
});
