/* Does a graph search find what brute force finds, for every metric and number of dimensions? */
import { afterAll, describe, expect, test } from "bun:test";
import { clustered, Exam, notFarther, trueDistance, uniform, type VectorSet } from "../../support/vectors.ts";
import { CoreSpace, type Metric, partition } from "../harness.ts";

const SEED = 20261123;
const QUERIES = 50;
const EVERY = 4; // every fourth key is searched
const METRICS: Metric[] = ["cosine", "l2", "dot"];

/** Dimensions and vectors; recall@10 at ef 64 that uniform and clustered sets reach at least. */
const SIZES = [
  { dimensions: 1, count: 2500, floors: { uniform: 0.99, clustered: 0.99 } },
  { dimensions: 3, count: 2500, floors: { uniform: 0.99, clustered: 0.99 } },
  { dimensions: 7, count: 2500, floors: { uniform: 0.98, clustered: 0.98 } },
  { dimensions: 16, count: 2500, floors: { uniform: 0.98, clustered: 0.99 } },
  { dimensions: 100, count: 2000, floors: { uniform: 0.95, clustered: 0.99 } },
  { dimensions: 129, count: 2000, floors: { uniform: 0.95, clustered: 0.99 } },
  { dimensions: 384, count: 1000, floors: { uniform: 0.95, clustered: 0.99 } },
  { dimensions: 1536, count: 600, floors: { uniform: 0.95, clustered: 0.99 } },
];
const SETS = { uniform, clustered };
// Under dot a longer vector can be nearer than the key itself, and graphs reach short ones badly: any that is as near
// will do, and a little less is required.
const OWN_NEAREST = { cosine: 0.998, l2: 0.998, dot: 0.98 };

/** Share of keys that a search for their own vector returns first, or something as near. */
function ownNearest(space: CoreSpace, metric: Metric, set: VectorSet, k: number): number {
  let own = 0;
  for (let i = 0; i < set.count; i += EVERY) {
    const vector = set.at(i);
    const first = space.search(vector, k)[0]!.key as number;
    if (first === i || notFarther(trueDistance(metric, set.at(first), vector), trueDistance(metric, vector, vector)))
      own++;
  }
  return own / Math.ceil(set.count / EVERY);
}

const figures: string[] = [];
afterAll(() => {
  if (process.env.SHOW_FIGURES) console.log(figures.join("\n"));
});

for (const metric of METRICS) {
  for (const { dimensions, count, floors } of SIZES) {
    for (const which of ["uniform", "clustered"] as const) {
      describe(`${metric}, ${dimensions} dimensions, ${which}`, async () => {
        const seed = SEED + dimensions;
        const all = SETS[which](count + QUERIES, dimensions, seed);
        const set = all.part(0, count);
        const space = new CoreSpace(await partition({ dimensions, metric }), "space");
        space.addAll(set);
        space.linkAll();
        space.census(true);
        const context = `${metric}, ${dimensions} dimensions, ${which}, seed ${seed}`;

        test("recall@10 at ef 64", () => {
          const exam = new Exam(metric, set, all.part(count, count + QUERIES));
          const found = exam.recall((query, k) => space.search(query, k));
          figures.push(`recall ${found.toFixed(4)} ${context}`);
          expect(found, context).toBeGreaterThanOrEqual(floors[which]);
        });

        test.each([1, 10])("keys are their own nearest neighbour, k = %d", (k) => {
          const own = ownNearest(space, metric, set, k);
          figures.push(`own ${own.toFixed(4)} k ${k} ${context}`);
          expect(own, context).toBeGreaterThanOrEqual(OWN_NEAREST[metric]);
        });

        test("the first hits are the same however many are asked for", () => {
          for (let i = count; i < count + QUERIES; i++) {
            const hits = space.search(all.at(i), 64, 64);
            for (const k of [1, 10, 40]) expect(space.search(all.at(i), k, 64)).toEqual(hits.slice(0, k));
          }
        });

        test("get returns every vector bit for bit", () => {
          for (let i = 0; i < set.count; i++) {
            const got = space.get(i)!;
            const same = Buffer.from(got.buffer).equals(Buffer.from(set.at(i).slice().buffer));
            if (!same) throw new Error(`key ${i} came back as ${got}, was ${set.at(i)}; ${context}`);
          }
        });
      });
    }
  }
}
