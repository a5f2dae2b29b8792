/* Given the same ops, do all builds of the core hold the same bytes and find the same, in shared memory and in other? */
import { beforeAll, describe, expect, test } from "bun:test";
import { ARENA } from "../../assembly/layout.ts";
import { type Build, bestVariant, compileCore, type Variant } from "../../src/core/build.ts";
import { Seat } from "../../src/core/seat.ts";
import { clustered, uniform } from "../support/vectors.ts";
import { CoreSpace, type Metric, partition, partitionSettings } from "./harness.ts";

const SEED = 77;
const COUNT = 1500;
const BUILDS: [Build, Variant][] = [
  ["release", "relaxed"],
  ["release", "baseline"],
  ["release", "relaxed.ordered"],
  ["release", "baseline.ordered"],
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

function hitsOf(space: CoreSpace): string {
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
  describe.if(bestVariant().startsWith("relaxed"))(metric, () => {
    let spaces: CoreSpace[] = [];
    beforeAll(async () => {
      spaces = await Promise.all(BUILDS.map(([kind, variant]) => build(kind, variant, metric)));
    });

    test("the same bytes from the arena to the end of memory", () => {
      expect(spaces.map(fingerprint)).toEqual(BUILDS.map(() => fingerprint(spaces[0]!)));
    });

    test("the same hits and distances for ef 1 to 200", () => {
      const wanted = hitsOf(spaces[0]!);
      for (const [i, space] of spaces.entries())
        expect(`${BUILDS[i]}\n${hitsOf(space)}`).toBe(`${BUILDS[i]}\n${wanted}`);
    });

    test("whole by the invariant walker", () => {
      for (const [i, space] of spaces.entries()) space.expectWhole(`seed ${SEED}, ${BUILDS[i]}`);
    });
  });
}

// ── memory that no thread shares, which moves when it grows ──
async function spaceIn(shared: boolean, variant = bestVariant()): Promise<CoreSpace> {
  const module = await compileCore("release", variant, shared);
  const settings = partitionSettings({ dimensions: 13, flatBelow: 200 });
  return new CoreSpace(Seat.create(module, settings, 0, false, shared), "s");
}

for (const variant of new Set([bestVariant(), "baseline"] as const)) {
  test(`${variant}: the same hits and graphs as in shared memory, over many growths`, async () => {
    const spaces = [await spaceIn(true, variant), await spaceIn(false, variant)];
    const set = clustered(6000, 13, 60);
    for (const space of spaces) {
      for (let i = 0; i < set.count; i++) {
        space.add(i % 4000, set.at(i));
        if (i % 9 === 0) space.remove((i * 7) % 4000);
      }
      space.linkAll();
      space.expectWhole("linked");
    }
    const [one, other] = spaces as [CoreSpace, CoreSpace];
    expect(other.seat.memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(other.figures()).toEqual(one.figures());
    expect(other.keys()).toEqual(one.keys());
    for (let q = 0; q < 50; q++) expect(other.search(set.at(q), 10)).toEqual(one.search(set.at(q), 10));
    expect(other.get(17)).toEqual(one.get(17)!);
  });
}
