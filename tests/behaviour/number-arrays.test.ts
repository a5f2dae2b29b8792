/* Vectors as arrays of every kind of number, from this realm or another: are they taken as what they hold? */
import { describe, expect, test } from "bun:test";
import vm from "node:vm";
import { openSearch } from "../../src/search.ts";
import { opened, refusalOf } from "../support/indexes.ts";

const VALUES = [1, 2, 3, 100];
const OPTIONS = { dimensions: 4, metric: "l2", workers: 0, partitions: 1 } as const;

const KINDS = {
  Float64Array,
  Float32Array,
  Float16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
} as const;

/** What a program in a realm of its own makes, as jest gives every test file one. */
const elsewhere = (code: string): unknown => vm.runInNewContext(code);

const GIVEN: Record<string, () => unknown> = {
  "an array of another realm": () => elsewhere(`[${VALUES}]`),
  "an array of a subclass": () => new (class Mine extends Array<number> {})(...VALUES),
  "a Buffer": () => Buffer.from(VALUES),
  "a view in the middle of a larger buffer": () => new Float32Array([0, ...VALUES, 0]).subarray(1, 5),
  "an array in shared memory": () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set(VALUES);
    return shared;
  },
};
for (const [name, Kind] of Object.entries(KINDS)) {
  GIVEN[`a ${name}`] = () => new Kind(VALUES);
  GIVEN[`a ${name} of another realm`] = () => elsewhere(`new ${name}([${VALUES}])`);
}

for (const [name, make] of Object.entries(GIVEN)) {
  test(`${name} can be added, searched for and be many`, async () => {
    await using parts = await opened(OPTIONS);
    const space = parts.index.space("s");
    const vector = () => make() as number[];
    await space.add("added", vector());
    await space.addMany(["of many"], [vector()]);
    expect(await space.get("added")).toEqual(new Float32Array(VALUES));
    expect(await space.get("of many")).toEqual(new Float32Array(VALUES));
    const nearest = [{ key: "added", distance: 0 }];
    expect(await space.search(vector(), { k: 1 })).toEqual(nearest);
    expect(await space.search(vector(), { k: 1, filter: (key) => key === "added" })).toEqual(nearest);
    expect(await space.searchMany([vector()], { k: 1 })).toEqual([nearest]);
    const searched = await openSearch({ from: await parts.index.exportBytes() });
    expect(await searched.space("s").search(vector(), { k: 1 })).toEqual(nearest);
    searched.close();
  });
}

describe("a flat array of many vectors", () => {
  for (const [name, make] of Object.entries({
    "a Float32Array of another realm": () => elsewhere(`new Float32Array([${VALUES}, ${VALUES}])`),
    "a Float64Array": () => new Float64Array([...VALUES, ...VALUES]),
    "a Float16Array": () => new Float16Array([...VALUES, ...VALUES]),
    "a Uint8Array": () => new Uint8Array([...VALUES, ...VALUES]),
  })) {
    test(`may be ${name}`, async () => {
      await using parts = await opened(OPTIONS);
      const space = parts.index.space("s");
      await space.addMany(["a", "b"], make() as Float32Array);
      expect(await space.get("b")).toEqual(new Float32Array(VALUES));
      const lists = await space.searchMany(make() as Float32Array, { k: 2 });
      expect(lists.map((hits) => hits.map(({ distance }) => distance))).toEqual([
        [0, 0],
        [0, 0],
      ]);
    });
  }
});

test("keys and lists of another realm are arrays, too", async () => {
  await using parts = await opened(OPTIONS);
  const space = parts.index.space("s");
  const keys = elsewhere(`["a", "b"]`) as string[];
  const rows = elsewhere(`[[${VALUES}], new Float32Array([4, 3, 2, 1])]`) as number[][];
  await space.addMany(keys, rows);
  expect(await space.get("b")).toEqual(new Float32Array([4, 3, 2, 1]));
  expect(await space.search(VALUES, elsewhere("({ k: 1 })") as { k: number })).toHaveLength(1);
  await parts.index.exportBytes(elsewhere(`["s"]`) as string[]);
  expect(await space.deleteMany(keys)).toBe(2);
});

test("an export in buffers of another realm can be opened", async () => {
  await using parts = await opened(OPTIONS);
  await parts.index.space("s").add("x", VALUES);
  const bytes = await parts.index.exportBytes();
  const copy = `const copy = new Uint8Array(${bytes.length}); copy.set(bytes);`;
  for (const what of ["copy", "copy.buffer"]) {
    const from = vm.runInNewContext(`${copy} ${what}`, { bytes }) as Uint8Array;
    const searched = await openSearch({ from });
    expect(searched.space("s").size).toBe(1);
    searched.close();
  }
});

test("what holds no numbers is refused, and named", async () => {
  await using parts = await opened(OPTIONS);
  const space = parts.index.space("s");
  const wrong: unknown[] = [
    new BigInt64Array(4),
    new DataView(new ArrayBuffer(16)),
    new ArrayBuffer(16),
    { length: 4, 0: 1, 1: 2, 2: 3, 3: 4 },
    new Set(VALUES),
    "1234",
    null,
    [1, 2, 3, "4"],
    [1, 2, 3, 4n],
    Object.assign([1, 2, 3], { length: 4 }),
  ];
  for (const vector of wrong) {
    const { code } = await refusalOf(() => space.add("x", vector as number[]));
    expect({ vector, code }).toEqual({ vector, code: "BAD_VECTOR" });
  }
  expect(space.size).toBe(0);
});
