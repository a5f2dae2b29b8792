/* Does a compaction keep everything that lives, and give back the rest? */
import { expect, test } from "bun:test";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";

const SEED = 90210;

test("compaction keeps everything that lives and gives the bytes of the rest back", async () => {
  const seat = await partition({ dimensions: 32, flatBelow: 64 });
  const space = new CoreSpace(seat, "space");
  const set = uniform(6000, 32, SEED);
  space.addAll(set);
  while (seat.core.claim(0, 500, 0) !== 0) while (seat.core.link(100) !== 0);
  const before = space.figures();
  for (let i = 0; i < 6000; i++) if (i % 4 !== 0) space.remove(i);
  expect(space.figures().compactions).toBe(0);
  space.linkAll();
  seat.core.tidy();
  const after = space.figures();
  expect(after.compactions).toBeGreaterThan(0);
  expect({ live: after.live, dead: after.dead }).toEqual({ live: 1500, dead: 0 });
  expect(after.bytes).toBeLessThan(before.bytes / 2);
  for (let i = 0; i < 6000; i++) {
    const got = space.get(i);
    if (i % 4 !== 0 ? got !== undefined : got?.join() !== set.at(i).join()) throw new Error(`key ${i} is wrong`);
  }
  expect(space.census(false)).toBe(0);
  space.expectWhole(`seed ${SEED}`);
});
