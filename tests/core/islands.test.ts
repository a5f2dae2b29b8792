/*
 * Tight clusters far apart: is every slot linked into its cluster rather than into an island beside it, and do codes
 * that can't tell the slots of a cluster apart give way to an f32 beam, in whatever order the slots are linked?
 */
import { describe, expect, test } from "bun:test";
import { Seat } from "../../src/core/seat.ts";
import { CoreSpace, clustered, coreModule, partition } from "./harness.ts";

const DIMENSIONS = 24;
const COUNT = 6000;
const OWN_NEAREST = 0.998;
/** Clusters, standard deviation of their centres, and of a cluster, per coordinate. */
const SHAPES = [
  [30, 10, 0.3],
  [30, 4, 0.5],
  [200, 10, 0.3],
] as const;

function ownNearest(space: CoreSpace, set: ReturnType<typeof clustered>): number {
  let own = 0;
  for (let i = 0; i < set.count; i++) if (space.search(set.at(i), 1)[0]!.key === i) own++;
  return own / set.count;
}

describe("own nearest neighbours at the defaults", () => {
  for (const [clusters, apart, wide] of SHAPES) {
    for (const seed of [1, 5, 8]) {
      test(`${clusters} clusters ${apart} apart and ${wide} wide, seed ${seed}`, async () => {
        const set = clustered(COUNT, DIMENSIONS, seed * 7919, clusters, apart, wide);
        const space = new CoreSpace(
          await partition({ dimensions: DIMENSIONS, efConstruction: 32, flatBelow: 200 }),
          "s",
        );
        space.addAll(set);
        space.linkAll();
        expect(ownNearest(space, set)).toBeGreaterThanOrEqual(OWN_NEAREST);
        expect(space.census(false)).toBe(0);
      });
    }
  }
});

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
