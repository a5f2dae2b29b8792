/* Do all four builds of the core, given the same ops, hold the same bytes and give the same answers? */
import { beforeAll, describe, expect, test } from "bun:test";
import { ARENA } from "../../assembly/layout.ts";
import { type Build, bestVariant, type Variant } from "../../src/core/build.ts";
import { CoreSpace, clustered, type Metric, partition, uniform } from "./harness.ts";

const SEED = 77;
const COUNT = 1500;
const BUILDS: [Build, Variant][] = [
  ["release", "relaxed"],
  ["release", "baseline"],
  ["debug", "relaxed"],
  ["debug", "baseline"],
];

/** Adds, upserts, deletes, twins, linking in between and a compaction; 19 dimensions, so that codes have a tail. */
async function build(build: Build, variant: Variant, metric: Metric): Promise<CoreSpace> {
  const space = new CoreSpace(await partition({ dimensions: 19, metric }, build, variant), "space");
  const set = clustered(COUNT, 19, SEED);
  space.addAll(set);
  space.linkAll();
  for (let i = 0; i < 300; i++) space.add(i, set.at(COUNT - 1 - i)); // twins of others
  for (let i = 300; i < 400; i++) space.remove(i);
  space.linkAll();
  for (let i = 0; i < 50; i++) space.add(`waiting ${i}`, set.at(i));
  return space;
}

/** Hash of everything from the arena to the memory's end. */
function fingerprint(space: CoreSpace): bigint {
  return Bun.hash.xxHash3(new Uint8Array(space.seat.memory.buffer, ARENA).slice());
}

function answers(space: CoreSpace): string {
  const queries = uniform(60, 19, SEED + 1);
  const lines: string[] = [];
  for (let q = 0; q < queries.count; q++) {
    const ef = 1 + ((q * 37) % 200);
    const hits = space.search(queries.at(q), 10, ef);
    lines.push(`${ef}: ${hits.map((hit) => `${String(hit.key)} ${hit.distance}`).join(", ")}`);
  }
  return lines.join("\n");
}

for (const metric of ["cosine", "l2", "dot"] as const) {
  describe.if(bestVariant() === "relaxed")(metric, () => {
    let spaces: CoreSpace[] = [];
    beforeAll(async () => {
      spaces = await Promise.all(BUILDS.map(([kind, variant]) => build(kind, variant, metric)));
    });

    test("the same bytes from the arena to the end of memory", () => {
      expect(spaces.map(fingerprint)).toEqual(BUILDS.map(() => fingerprint(spaces[0]!)));
    });

    test("the same hits and distances for ef 1 to 200", () => {
      const wanted = answers(spaces[0]!);
      for (const [i, space] of spaces.entries())
        expect(`${BUILDS[i]}\n${answers(space)}`).toBe(`${BUILDS[i]}\n${wanted}`);
    });

    test("whole by the invariant walker", () => {
      for (const [i, space] of spaces.entries()) space.expectWhole(`seed ${SEED}, ${BUILDS[i]}`);
    });
  });
}
