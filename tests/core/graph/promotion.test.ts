/* Do codes that can't tell the slots of a cluster apart give way to an f32 beam, in whatever order slots are linked? */
import { expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { clustered } from "../../support/vectors.ts";
import { CoreSpace, coreModule, ownNearest, partition } from "../harness.ts";

const DIMENSIONS = 24;
const COUNT = 6000;
const OWN_NEAREST = 0.998;

test("codes that go blind are noticed though the newest ranges are linked first", async () => {
  const set = clustered(COUNT, DIMENSIONS, 2 * 7919, 30, 10, 0.3);
  const seat = await partition({ dimensions: DIMENSIONS, flatBelow: 200 });
  const space = new CoreSpace(seat, "s");
  for (let i = 0; i < 210; i++) space.add(i, set.at(i));
  space.linkAll(); // promoted with seven slots to a cluster: codes still tell them apart
  expect(space.figures().f32Beam).toBe(false);
  for (let i = 210; i < COUNT; i++) space.add(i, set.at(i));
  const other = Seat.join(await coreModule(), seat.memory, 1, true);
  other.core.claim(0, 4000, 0); // another thread has the older slots, and is slow
  space.linkAll();
  while (other.core.link(500) !== 0) space.linkAll();
  space.linkAll();
  expect(space.figures()).toMatchObject({ f32Beam: true, pending: 0 });
  expect(ownNearest(space, set)).toBeGreaterThanOrEqual(OWN_NEAREST);
});
