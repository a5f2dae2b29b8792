/* Tight clusters far apart: is every slot linked into its cluster rather than into an island beside it? */
import { describe, expect, test } from "bun:test";
import { clustered } from "../../support/vectors.ts";
import { CoreSpace, ownNearest, partition } from "../harness.ts";

const DIMENSIONS = 24;
const COUNT = 6000;
const OWN_NEAREST = 0.998;
/** Clusters, standard deviation of their centres, and of a cluster, per coordinate. */
const SHAPES = [
  [30, 10, 0.3],
  [30, 4, 0.5],
  [200, 10, 0.3],
] as const;

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
