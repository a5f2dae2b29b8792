/* Does a census reach every slot after a build, and does mending bring back what was cut off? */
import { describe, expect, test } from "bun:test";
import { CENSUS_MOVED } from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";
import { clustered, random, uniform, type VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, cutLists, type Metric, partition } from "../harness.ts";

const SEED = 1999;
const M = 16;

async function built(set: VectorSet, metric: Metric = "l2", flatBelow = 64): Promise<CoreSpace> {
  const space = new CoreSpace(await partition({ dimensions: set.dimensions, metric, flatBelow, M }), "space");
  space.addAll(set);
  space.linkAll();
  return space;
}

describe("after a build a census reaches every slot", () => {
  test.each([65, 100, 127, 128, 129, 1023, 1024, 1025, 2500, 8000])("of %d", async (count) => {
    const space = await built(uniform(count, 12, SEED));
    expect(space.census(false), `seed ${SEED}`).toBe(0);
  });

  test.each([
    ["cosine", "uniform", uniform(3000, 20, SEED)],
    ["cosine", "clustered", clustered(3000, 20, SEED)],
    ["l2", "far apart and tight", clustered(3000, 20, SEED, 40, 100, 0.05)],
    ["l2", "a third of them equal", clustered(3000, 2, SEED, 1000, 1, 0)],
  ] as const)("%s, %s", async (metric, _, set) => {
    const space = await built(set, metric);
    expect(space.census(false), `seed ${SEED}`).toBe(0);
  });

  test("a census in steps of any size finds the same", async () => {
    const space = await built(uniform(1500, 6, SEED));
    cutLists(space, (slot) => slot % 2 === 0);
    const wanted = space.census(false);
    for (const step of [1, 7, 100, 1500]) {
      const { core } = space.seat;
      expect(core.startCensus(space.at, space.incarnation, 1)).toBe(1);
      while (core.continueCensus(step, 0) === 1);
      expect(space.seat.infoAt(0)).toBe(wanted);
    }
  });

  test("a space that did not change since the last one is passed over, unless asked for", async () => {
    const space = await built(uniform(500, 6, SEED));
    const { core } = space.seat;
    expect(core.startCensus(space.at, space.incarnation, 0)).toBe(1);
    while (core.continueCensus(100, 1) === 1);
    expect(core.startCensus(space.at, space.incarnation, 0)).toBe(0);
    space.add("new", [1, 2, 3, 4, 5, 6]);
    space.linkAll();
    expect(core.startCensus(space.at, space.incarnation, 0)).toBe(1);
  });
});

describe("mending brings back what lost its links", () => {
  test.each([0.05, 0.5, 0.95, 1])("in a share of %d of the lists", async (share) => {
    const set = clustered(2500, 12, SEED);
    const space = await built(set);
    const { next } = random(SEED);
    expect(cutLists(space, () => next() < share)).toBeGreaterThan(0);
    const missing = space.census(true);
    if (share > 0.9) expect(missing).toBeGreaterThan(0);
    expect(space.census(false), `seed ${SEED}, ${missing} were missing`).toBe(0);
    space.expectWhole(`seed ${SEED}`);
    let lost = 0;
    for (let i = 0; i < set.count; i++) if (space.search(set.at(i), 10).every((hit) => hit.key !== i)) lost++;
    expect(lost / set.count, `seed ${SEED}`).toBeLessThanOrEqual(share > 0.1 ? 0.15 : 0.002);
  });

  test("under dot, where small vectors are in no list", async () => {
    const set = clustered(3000, 32, SEED);
    const { next } = random(SEED);
    const lengths = Array.from({ length: set.count }, () => 0.1 * 100 ** next());
    for (let i = 0; i < set.count; i++) for (let j = 0; j < 32; j++) set.at(i)[j]! *= lengths[i]!;
    const space = await built(set, "dot");
    const missing = space.census(true);
    expect(space.census(false), `seed ${SEED}, ${missing} were missing`).toBe(0);
    space.expectWhole(`seed ${SEED}`);
  });

  test("and twins whose head comes later: linked out of order by two threads", async () => {
    const set = clustered(2000, 8, SEED);
    const space = new CoreSpace(await partition({ dimensions: 8, flatBelow: 64, M }), "space");
    const early: number[] = [];
    for (let i = 0; i < 2000; i++) {
      const twinned = i >= 500 && i < 600;
      if (twinned) early.push(i);
      space.add(i, set.at(twinned ? i + 500 : i));
    }
    const { core } = space.seat;
    const other = Seat.join(await coreModule(), space.seat.memory, 1, true);
    core.claim(0, 400, 0);
    while (core.link(100) !== 0);
    core.claim(0, 400, 0); // 400 to 800, to be linked last
    while (other.core.claim(0, 500, 0) !== 0) while (other.core.link(100) !== 0);
    while (core.link(100) !== 0);
    expect(space.census(false)).toBe(0);
    cutLists(space, () => true);
    space.census(true);
    expect(space.census(false), `seed ${SEED}`).toBe(0);
    space.expectWhole(`seed ${SEED}`);
    for (const key of early) {
      const keys = space.search(set.at(key + 500), 10).map((hit) => hit.key);
      expect(keys).toContain(key);
    }
  });
});

test("a census whose generation is emptied ends with CENSUS_MOVED", async () => {
  const seat = await partition({ dimensions: 8, flatBelow: 64 });
  const space = new CoreSpace(seat, "space");
  space.addAll(uniform(1000, 8, SEED));
  space.linkAll();
  expect(seat.core.startCensus(space.at, space.incarnation, 1)).toBe(1);
  expect(seat.core.continueCensus(10, 0)).toBe(1);
  for (let i = 0; i < 500; i++) space.remove(i);
  space.linkAll();
  expect(space.figures().compactions).toBe(1);
  expect(seat.core.continueCensus(10, 1)).toBe(CENSUS_MOVED);
  space.expectWhole(`seed ${SEED}`);
});
