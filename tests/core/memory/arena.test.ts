/* Is the byte limit kept, a refusal without effect, and every byte of a dropped space free for the next? */
import { describe, expect, test } from "bun:test";
import { E_MEMORY, OK, OK_WAKE } from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";
import { random } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition, usedBytes } from "../harness.ts";

const MIB = 2 ** 20;

/** Adds keys 0, 1, … until the core refuses one; how many went in. */
function fill(space: CoreSpace, most = 1e6): number {
  for (let i = 0; i < most; i++) {
    const status = space.tryAdd(i, [i, 1, 0, 0]);
    if (status === E_MEMORY) return i;
    if (status !== OK && status !== OK_WAKE) throw new Error(`add returned ${status}`);
  }
  return most;
}

describe("the partition's limit", () => {
  test.each([32, 1e9])("is never passed, and a refused add changes nothing (flatBelow %d)", async (flatBelow) => {
    const partitionLimit = 6 * MIB;
    const seat = await partition({ dimensions: 4, partitionLimit, flatBelow });
    const space = new CoreSpace(seat, "space");
    const count = fill(space);
    expect(count).toBeGreaterThan(1000);
    const used = usedBytes(seat);
    expect(used).toBeLessThanOrEqual(partitionLimit);
    for (let i = 0; i < 100; i++) expect(space.tryAdd(`more ${i}`, [1, 2, 3, 4])).toBe(E_MEMORY);
    expect(usedBytes(seat) - used).toBeLessThan(MIB); // chunks may be taken, an op may not
    expect(usedBytes(seat)).toBeLessThanOrEqual(partitionLimit);
    expect(space.figures().live).toBe(count);
    expect(space.get("more 0")).toBeUndefined();
    for (let i = 0; i < count; i += 7) expect(space.get(i)?.[0]).toBe(i);
    space.linkAll();
    expect(space.searchExactly([count - 1, 1, 0, 0], 1)[0]?.key).toBe(count - 1);
    space.expectWhole("full");
  });

  test("a full partition takes adds again once something is dropped", async () => {
    const seat = await partition({ dimensions: 4, partitionLimit: 4 * MIB, flatBelow: 1e9 });
    const first = new CoreSpace(seat, "first");
    const second = new CoreSpace(seat, "second");
    const count = fill(first);
    first.drop();
    expect(fill(second)).toBeGreaterThanOrEqual(count - 1024);
  });

  test("no space is created when there is no room for it", async () => {
    const seat = await partition({ dimensions: 4, partitionLimit: 2 * MIB, flatBelow: 1e9 });
    const space = new CoreSpace(seat, "space");
    fill(space);
    let made = 0;
    let status = OK;
    while (status === OK) status = seat.core.openSpace(seat.putKey(`more ${made++}`), 0, 1);
    expect(status).toBe(E_MEMORY);
    const used = usedBytes(seat);
    for (let i = 0; i < 100; i++) expect(seat.core.openSpace(seat.putKey("no room"), 0, 1)).toBe(E_MEMORY);
    expect(usedBytes(seat)).toBe(used);
    space.expectWhole("full");
  });
});

describe("memory that is freed", () => {
  async function usedAfterCycles(cycles: number, nameOf: (i: number) => string, vectors: number): Promise<number[]> {
    const seat = await partition({ dimensions: 4, flatBelow: 64 });
    const used: number[] = [];
    for (let i = 0; i < cycles; i++) {
      const space = new CoreSpace(seat, nameOf(i));
      for (let v = 0; v < vectors; v++) space.add(v, [v, i, 1, 0]);
      if (i % 5 === 0) space.linkAll();
      space.drop();
      seat.core.tidy();
      used.push(usedBytes(seat));
    }
    return used;
  }

  test("is all of it, after each of many create and drop cycles with a graph", async () => {
    const used = await usedAfterCycles(60, () => "same", 300);
    expect(new Set(used.slice(30)).size).toBe(1);
  });

  test("spaces of one name, created and dropped 10,000 times, leave nothing", async () => {
    const used = await usedAfterCycles(10_000, () => "same", 1);
    expect(used.at(-1)! - used[100]!).toBeLessThan(64 * 1024);
  });

  test("spaces of ever new names, created and dropped 30,000 times, leave nothing", async () => {
    const used = await usedAfterCycles(30_000, (i) => `tenant ${i}`, 1);
    expect(used.at(-1)! - used[100]!).toBeLessThan(64 * 1024);
  });

  test("is merged: after random spaces came and went, one as large as ever fits", async () => {
    const seat = await partition({ dimensions: 4, partitionLimit: 16 * MIB, flatBelow: 200 });
    const alone = new CoreSpace(seat, "alone");
    const count = fill(alone);
    alone.drop();
    seat.core.tidy();
    const { below } = random(5);
    const spaces: CoreSpace[] = [];
    for (let i = 0; i < 300; i++) {
      const space = new CoreSpace(seat, `s${i}`);
      fill(space, below(500));
      spaces.push(space);
      if (spaces.length > 20) spaces.splice(below(spaces.length), 1)[0]!.drop();
    }
    for (const space of spaces) space.drop();
    seat.core.tidy();
    const again = new CoreSpace(seat, "again");
    expect(fill(again)).toBeGreaterThanOrEqual(count - 1024);
    again.expectWhole("seed 5");
  });
});

test("memory grows by many pages while views of the old size are in use", async () => {
  const seat = await partition({ dimensions: 256, flatBelow: 1e9 });
  const space = new CoreSpace(seat, "space");
  const before = seat.memory.buffer.byteLength;
  const vector = new Float32Array(256);
  for (let i = 0; i < 20_000; i++) {
    vector[0] = i;
    space.add(`key ${i}`, vector);
  }
  expect(seat.memory.buffer.byteLength).toBeGreaterThan(before + 16 * MIB);
  vector[0] = 19_999;
  expect(space.searchExactly(vector, 2).map((hit) => hit.key)).toEqual(["key 19999", "key 19998"]);
  space.expectWhole("grown");
});

test.each([300, 700, 1000, 1536, 2048, 3072, 4096])(
  "no add is refused while there is memory (%d dimensions)",
  async (dimensions) => {
    const seat = await partition({ dimensions, flatBelow: 0 });
    const vector = new Float32Array(dimensions);
    for (let i = 0; i < 60; i++) new CoreSpace(seat, `space ${i}`).add("key", vector); // graph chunks
    const flat = new CoreSpace(await partition({ dimensions, flatBelow: 1e9 }), "flat");
    for (let i = 0; i < 1500; i++) flat.add(i, vector); // vector chunks
  },
);

describe("an arena that grew to its limit", () => {
  // A space's first graph chunk takes megabytes of addresses and touches a few pages of them.
  const DIMENSIONS = 4096;

  test("hands out addresses above 2 GiB that work, and then refuses", async () => {
    const seat = await partition({ dimensions: DIMENSIONS, M: 4, flatBelow: 0, partitionLimit: 2 ** 32 - 1 });
    const vector = new Float32Array(DIMENSIONS);
    const spaces: CoreSpace[] = [];
    let status = OK;
    while (status >= 0) {
      status = seat.core.openSpace(seat.putKey(`space ${spaces.length}`), 0, 1);
      if (status < 0) break;
      const space = new CoreSpace(seat, `space ${spaces.length}`);
      vector[0] = spaces.length;
      status = space.tryAdd("key", vector);
      if (status >= 0) spaces.push(space);
    }
    expect(status).toBe(E_MEMORY);
    expect(seat.memory.buffer.byteLength).toBeGreaterThan(0xe0000000); // an eighth is reserved for what makes room
    const last = spaces.at(-1)!;
    expect(last.at).toBeGreaterThan(2 ** 31);
    const number = spaces.length - 1;
    spaces.shift()!.drop(); // room for another seat
    seat.core.tidy();
    const late = Seat.join(await coreModule(), seat.memory, 1, true);
    for (let i = 1; i < 40; i++) if (last.tryAdd(i, vector.fill(i, 1, 3)) < 0) break;
    last.linkAll();
    expect(last.census(false)).toBe(0);
    last.expectWhole("the last space");
    vector.fill(0)[0] = number;
    late.putVector(vector);
    expect(late.core.search(last.at, last.incarnation, 1, 64, 0)).toBe(1);
    expect(late.readHits(1)[0]).toEqual({ key: "key", distance: 0 });
    late.core.endSearch();
    for (const space of spaces) space.drop();
    seat.core.tidy();
    expect(new CoreSpace(seat, "again").tryAdd("key", vector)).toBeGreaterThanOrEqual(0);
  });
});
