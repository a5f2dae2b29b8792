/* Is memory that a reader may still use freed after it has parked, and counted for the right space? */
import { expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition } from "../harness.ts";

const SEED = 90210;

test("bytes that a reader keeps from being freed are not subtracted from the next space with the same header", async () => {
  const settings = { dimensions: 32, flatBelow: 64 };
  const seat = await partition(settings);
  const space = new CoreSpace(seat, "space");
  space.addAll(uniform(3000, 32, SEED));
  space.linkAll();
  const reader = Seat.join(await coreModule(), seat.memory, 1, true);
  reader.putVector(uniform(1, 32, SEED).at(0));
  expect(reader.core.search(space.at, space.incarnation, 1, 16, 0)).toBe(1); // and it is not ended yet
  for (let i = 0; i < 2900; i++) space.remove(i);
  space.linkAll();
  expect(space.figures().compactions).toBeGreaterThan(0);
  space.drop();
  const next = new CoreSpace(seat, "next");
  expect(next.at).toBe(space.at);
  next.add("key", uniform(1, 32, SEED).at(0));
  const { bytes } = next.figures();
  reader.core.endSearch();
  seat.core.tidy();
  expect(next.figures().bytes).toBe(bytes);
});
