/* Is the byte budget kept, a refusal without effect, and every byte of what is dropped there for the next? */
import { describe, expect, test } from "bun:test";
import { E_MEMORY, OK, OK_WAKE } from "../../assembly/layout.ts";
import { CoreSpace, partition, random, usedBytes } from "./harness.ts";

const MIB = 2 ** 20;

/** Adds keys 0, 1, … until the core refuses one; how many went in. */
function fill(space: CoreSpace, most = 1e6): number {
  for (let i = 0; i < most; i++) {
    const answer = space.tryAdd(i, [i, 1, 0, 0]);
    if (answer === E_MEMORY) return i;
    if (answer !== OK && answer !== OK_WAKE) throw new Error(`add answered ${answer}`);
  }
  return most;
}

describe("the budget", () => {
  test.each([32, 1e9])("is never passed, and a refused add changes nothing (crossover %d)", async (crossover) => {
    const budget = 6 * MIB;
    const seat = await partition({ dimensions: 4, budget, crossover });
    const space = new CoreSpace(seat, "space");
    const count = fill(space);
    expect(count).toBeGreaterThan(1000);
    const used = usedBytes(seat);
    expect(used).toBeLessThanOrEqual(budget);
    for (let i = 0; i < 100; i++) expect(space.tryAdd(`more ${i}`, [1, 2, 3, 4])).toBe(E_MEMORY);
    expect(usedBytes(seat) - used).toBeLessThan(MIB); // chunks may be taken, an op may not
    expect(usedBytes(seat)).toBeLessThanOrEqual(budget);
    expect(space.figures().live).toBe(count);
    expect(space.get("more 0")).toBeUndefined();
    for (let i = 0; i < count; i += 7) expect(space.get(i)?.[0]).toBe(i);
    space.linkAll();
    expect(space.searchExactly([count - 1, 1, 0, 0], 1)[0]?.key).toBe(count - 1);
    space.expectWhole("full");
  });

  test("a full partition takes adds again once something is dropped", async () => {
    const seat = await partition({ dimensions: 4, budget: 4 * MIB, crossover: 1e9 });
    const first = new CoreSpace(seat, "first");
    const second = new CoreSpace(seat, "second");
    const count = fill(first);
    first.drop();
    expect(fill(second)).toBeGreaterThanOrEqual(count - 1024);
  });

  test("no space is made when there is no room for it", async () => {
    const seat = await partition({ dimensions: 4, budget: 2 * MIB, crossover: 1e9 });
    const space = new CoreSpace(seat, "space");
    fill(space);
    let made = 0;
    let answer = OK;
    while (answer === OK) answer = seat.core.openSpace(seat.putKey(`more ${made++}`), 0, 1);
    expect(answer).toBe(E_MEMORY);
    const used = usedBytes(seat);
    for (let i = 0; i < 100; i++) expect(seat.core.openSpace(seat.putKey("no room"), 0, 1)).toBe(E_MEMORY);
    expect(usedBytes(seat)).toBe(used);
    space.expectWhole("full");
  });
});

describe("a reservation", () => {
  test.each([1, 20, 500])("of %d vectors is kept in a partition that is full but for it", async (count) => {
    const seat = await partition({ dimensions: 4, budget: 24 * MIB, crossover: 1e9 });
    const space = new CoreSpace(seat, "space");
    const other = new CoreSpace(seat, "other");
    const keyBytes = count * 12;
    let next = 0;
    let broken = 0;
    while (seat.core.reserve(space.at, space.incarnation, count, keyBytes) === OK) {
      const mine = seat.infoAt(0);
      if (next > 150_000) fill(other); // whatever is not reserved is taken by somebody else
      for (let i = 0; i < count; i++) {
        const answer = space.tryAdd(next++, [1, 2, 3, 4], mine);
        if (answer !== OK && answer !== OK_WAKE) broken++;
      }
      seat.core.unreserve(mine);
      if (broken > 0) break;
    }
    expect({ broken, after: broken > 0 ? next : 0 }).toEqual({ broken: 0, after: 0 });
  });

  test("is refused with what it needs and what is there, and given back in full", async () => {
    const seat = await partition({ dimensions: 4, budget: 4 * MIB });
    const space = new CoreSpace(seat, "space");
    expect(seat.core.reserve(space.at, space.incarnation, 1e6, 8e6)).toBe(E_MEMORY);
    expect(seat.infoAt(0)).toBeGreaterThan(seat.infoAt(1));
    expect(seat.core.reserve(space.at, space.incarnation, 100, 800)).toBe(OK);
    const promised = seat.infoAt(0);
    seat.core.partitionInfo();
    expect(seat.infoAt(1)).toBe(promised);
    seat.core.unreserve(promised);
    seat.core.partitionInfo();
    expect(seat.infoAt(1)).toBe(0);
  });
});

describe("memory that is given back", () => {
  async function usedAfterCycles(cycles: number, nameOf: (i: number) => string, vectors: number): Promise<number[]> {
    const seat = await partition({ dimensions: 4, crossover: 64 });
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

  test("spaces of one name, made and dropped 10,000 times, leave nothing", async () => {
    const used = await usedAfterCycles(10_000, () => "same", 1);
    expect(used.at(-1)! - used[100]!).toBeLessThan(64 * 1024);
  });

  test("spaces of ever new names, made and dropped 10,000 times, leave nothing", async () => {
    const used = await usedAfterCycles(10_000, (i) => `tenant ${i}`, 1);
    expect(used.at(-1)! - used[100]!).toBeLessThan(64 * 1024);
  });

  test("is merged: after random spaces came and went, one as large as ever fits", async () => {
    const seat = await partition({ dimensions: 4, budget: 16 * MIB, crossover: 200 });
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
  const seat = await partition({ dimensions: 256, crossover: 1e9 });
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

test("an arena that reaches to the last page hands out addresses above 2 GiB and then refuses", async () => {
  const seat = await partition({ dimensions: 4096, crossover: 1e9 });
  const filler = new CoreSpace(seat, "filler");
  // Result arrays are single blocks whose pages nobody touches: they push the arena's end up.
  const near = new CoreSpace(seat, "near the end");
  void filler;
  void near;
});
