/* Do the classes of usearch do what that package's do, read its files, and refuse what they lack by name? */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import usearch, {
  BatchMatches,
  exactSearch,
  Index,
  Matches,
  MetricKind,
  ScalarKind,
} from "../../src/dropin/usearch.ts";
import { readUsearch } from "../../src/foreign/usearch.ts";
import { openSync } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf, uniform } from "../support/indexes.ts";
import { bytesOf, given, POINTS } from "./given.ts";
import { original } from "./originals.ts";

type Theirs = { Index: typeof Index; exactSearch: typeof exactSearch };

/** What the given files hold, with keys from 100 on; 102 was removed. */
const VECTORS = POINTS.map((point) => Float32Array.from(point, (value) => value / 10));
const LARGE = 2n ** 63n + 5n;

const filled = () => {
  const index = new Index(2, "l2sq");
  index.add([1n, 2n, LARGE], [Float32Array.of(0, 0), Float32Array.of(3, 4), Float32Array.of(6, 8)]);
  return index;
};

describe("keys, duplicates and capacity", () => {
  test("keys are numbers or bigints of 64 bits, alone or in lists", () => {
    const index = filled();
    expect([index.contains(1), index.contains([2n, 3]), index.count(LARGE), index.count([1, 9n])]).toEqual([
      ...[true, [true, false], 1, [1, 0]],
    ]);
    expect(index.contains(new BigUint64Array([LARGE]))).toEqual([true]);
    expect(index.search(Float32Array.of(6, 8), 1)).toEqual(
      new Matches(new BigUint64Array([LARGE]), new Float32Array(1)),
    );
    expect([index.remove(LARGE), index.remove(LARGE), index.remove([1n, 5n])]).toEqual([1, 0, [1, 0]]);
    expect(index.size()).toBe(1);
  });

  test("a key that is there, or comes twice, is refused, and nothing of the call is in", async () => {
    const index = filled();
    const vectors = [Float32Array.of(1, 1), Float32Array.of(2, 2)];
    for (const keys of [
      [7n, 1n],
      [7n, 7n],
    ]) {
      const { code, message } = await refusalOf(() => index.add(keys, vectors));
      expect([code, message]).toEqual(["DUPLICATE_KEY", "Duplicate keys not allowed in high-level wrappers"]);
    }
    expect((await refusalOf(() => index.add(8n, vectors))).code).toBe("DUPLICATE_KEY"); // one key for both
    expect([index.size(), index.contains(7n)]).toEqual([3, false]);
    index.remove(1n);
    index.add(1n, Float32Array.of(5, 5));
    expect(index.search(Float32Array.of(5, 5), 1).keys).toEqual(new BigUint64Array([1n]));
  });

  test("many queries have k places each, of which counts are filled", () => {
    const found = filled().search([Float32Array.of(0, 0), Float32Array.of(6, 8)], 4);
    expect(found).toBeInstanceOf(BatchMatches);
    const { keys, distances, counts, k } = found as BatchMatches;
    expect([keys, counts, k]).toEqual([
      new BigUint64Array([1n, 2n, LARGE, 0n, LARGE, 2n, 1n, 0n]),
      new BigUint64Array([3n, 3n]),
      4,
    ]);
    expect(Array.from(distances)).toEqual([0, 25, 100, Number.NaN, 0, 25, 100, Number.NaN]);
    expect((found as BatchMatches).get(1).distances).toEqual(Float32Array.of(0, 25, 100));
  });

  test("exact search compares all, by place", () => {
    const set = uniform(1200, 3, 4);
    const found = exactSearch(set.values, set.part(5, 6).values, 3, 1200, "cos") as Matches;
    expect([found.keys[0], new Set(found.keys).size]).toEqual([5n, 1200]);
    expect(Array.from(found.distances)).toEqual(Array.from(found.distances).sort((a, b) => a - b));
    const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
    expect(exactSearch(rows, [Float32Array.of(1, 2), Float32Array.of(3, 4)], 2, 2, MetricKind.IP)).toEqual(
      new BatchMatches(
        new BigUint64Array([2n, 1n, 2n, 1n]),
        Float32Array.of(-16, -10, -38, -24),
        new BigUint64Array([2n, 2n]),
        2,
      ),
    );
  });

  test("the default export is what `require` of the original gives", () => {
    expect(usearch).toEqual({ Index, MetricKind, ScalarKind, Matches, BatchMatches, exactSearch });
  });
});

describe("what is lacking is refused by name, and what is wrong before anything changes:", () => {
  const two = Float32Array.of(1, 2);
  const calls: [string, string, (index: Index) => unknown][] = [
    ["UNSUPPORTED", "The metric haversine", () => new Index(2, "haversine")],
    ["UNSUPPORTED", "The metric unknown", () => new Index(2, MetricKind.Unknown)],
    ["UNSUPPORTED", "The quantization i8", () => new Index({ dimensions: 2, quantization: ScalarKind.I8 })],
    ["UNSUPPORTED", "The quantization e5m2", () => new Index(2, "cos", "e5m2")],
    ["UNSUPPORTED", "`multi`", () => new Index({ dimensions: 2, multi: true })],
    ["UNSUPPORTED", "The metric hamming", () => exactSearch(two, two, 2, 1, "hamming")],
    ["BAD_OPTION", "Invalid metric: x.", () => new Index(2, "x" as never)],
    ["BAD_OPTION", "Invalid quantization: y.", () => new Index(2, "cos", "y" as never)],
    ["BAD_OPTION", "with `dimensions` being positive", () => new Index(0)],
    ["BAD_OPTION", "must be non-negative integers", () => new Index({ dimensions: 2, connectivity: -1 })],
    ["BAD_OPTION", "`multi` must be a boolean", () => new Index({ dimensions: 2, multi: 1 as never })],
    ["BAD_OPTION", "All keys must be positive integers", (index) => index.add([Number.NaN, 5], [two, two])],
    ["BAD_OPTION", "All keys must be positive integers", (index) => index.add(-1n, two)],
    ["BAD_OPTION", "All keys must be positive integers", (index) => index.add(2n ** 64n, two)],
    ["BAD_OPTION", "Keys must be a number", (index) => index.contains("1" as never)],
    ["BAD_OPTION", "The length of keys (2)", (index) => index.add([8, 9], [two])],
    ["BAD_OPTION", "`threads` must be", (index) => index.add(9, two, -1)],
    ["BAD_OPTION", "Count must be equal or smaller", () => exactSearch(two, two, 2, 2, "cos")],
    ["BAD_OPTION", "Dimensions and count", () => exactSearch(two, two, 2, 0, "cos")],
    ["BAD_VECTOR", "Vectors must be a TypedArray", (index) => index.search(Number.NaN as never, 2)],
    ["BAD_DIMENSIONS", "multiple of the dimension", (index) => index.add(9, Float32Array.of(1, 2, 3))],
    ["BAD_DIMENSIONS", "has 1 dimensions", (index) => index.add(9, [Float32Array.of(1)])],
    ["NOT_FINITE", "holds NaN", (index) => index.add(9, Float32Array.of(1, Number.NaN))],
    ["NOT_FINITE", "holds NaN", (index) => index.search(Float32Array.of(1, Number.NaN), 1)],
    ["BAD_K", "`k` must be a positive integer", (index) => index.search(two, 0)],
    ["BAD_K", "`k` must be a positive integer", (index) => index.search(two, 1.5)],
    ["BAD_K", "too many at once", (index) => index.search(two, 2 ** 40)],
    ["BAD_OPTION", "`path` must be a string", (index) => index.save(5 as never)],
    ["PATH_FAILED", "can't be read", (index) => index.load("/nowhere/at/all")],
    ["PATH_FAILED", "can't be written", (index) => index.save("/nowhere/at/all")],
  ];
  for (const [code, part, call] of calls) {
    test(`${code}: ${String(call).replace(/\s+/g, " ")}`, async () => {
      const index = filled();
      const refusal = await refusalOf(() => call(index));
      expect([refusal.code, refusal.message]).toEqual([code as never, expect.stringContaining(part)]);
      expect([index.size(), index.contains(9n), index.dimensions()]).toEqual([3, false, 2]);
    });
  }
});

describe("files of usearch", () => {
  for (const [name, rounding] of [
    ["f32", 0],
    ["f16", 1e-3],
    ["bf16", 1e-2],
  ] as const) {
    test(`${name}: keys and floats, without what was removed`, () => {
      const index = new Index(9, "cos"); // the file knows better
      index.load(given(`${name}.usearch`));
      expect([index.size(), index.dimensions(), index.connectivity(), index.capacity()]).toEqual([5, 3, 8, 8]);
      expect(index.contains([100n, 101n, 102n, 103n, 104n, LARGE])).toEqual([true, true, false, true, true, true]);
      for (const [i, point] of VECTORS.entries()) {
        if (i === 2) continue;
        const { keys, distances } = index.search(point, 1);
        expect(keys[0]).toBe(BigInt(100 + i));
        expect(distances[0]!).toBeLessThanOrEqual(rounding);
      }
      index.add(7n, Float32Array.of(1, 1, 1));
      expect(index.size()).toBe(6);
    });
  }

  test("an empty one; one of 64-bit floats is read by the reader, and refused by the class", async () => {
    const index = new Index(3);
    index.load(given("empty.usearch"));
    expect([index.size(), index.capacity(), index.search(Float32Array.of(1, 2, 3), 2)]).toEqual([
      ...[0, 0, new Matches(new BigUint64Array(0), new Float32Array(0))],
    ]);
    const file = readUsearch(bytesOf("f64.usearch"));
    expect(file).toMatchObject({ scalar: "f64", metric: "l2", dimensions: 3, count: 6 });
    expect(file.vectorAt(0)).toEqual(VECTORS[0]!);
    expect((await refusalOf(() => index.load(given("f64.usearch")))).message).toContain("64-bit floats");
    expect((await refusalOf(() => index.load(given("i8.usearch")))).message).toContain("rounded to i8");
    expect((await refusalOf(() => index.load(given("e5m2.usearch")))).message).toContain("rounded to e5m2");
    expect((await refusalOf(() => index.load(given("multi.usearch")))).message).toContain("`multi`");
  });

  test("cut off anywhere, or with wrong sizes or kinds, is refused, and what was there stays", async () => {
    using folder = new Folder();
    const path = join(folder.root, "wrong");
    const bytes = bytesOf("f32.usearch");
    const index = filled();
    const refused = async (wrong: Uint8Array, what: string) => {
      writeFileSync(path, wrong);
      const { code } = await refusalOf(() => index.load(path));
      expect({ what, code }).toEqual({ what, code: expect.stringMatching(/^EXPORT_(DAMAGED|FOREIGN)$/) });
    };
    for (let length = 0; length < bytes.length; length++) await refused(bytes.slice(0, length), `${length} bytes`);
    await refused(Uint8Array.of(...bytes, 0), "a byte more");
    const head = 8 + 6 * 12;
    for (const at of [0, 4, head, head + 7, head + 13, head + 14, head + 15, head + 16, head + 33, head + 64]) {
      const wrong = bytes.slice();
      wrong[at] = 0x7e;
      await refused(wrong, `0x7e at ${at}`);
    }
    for (const at of [head + 33, head + 64, head + 72, head + 80]) {
      const wrong = bytes.slice();
      new DataView(wrong.buffer).setBigUint64(at, 2n ** 62n, true);
      await refused(wrong, `2^62 at ${at}`);
    }
    const newer = bytes.slice();
    newer[head + 7] = 3;
    writeFileSync(path, newer);
    expect((await refusalOf(() => index.load(path))).message).toContain("usearch 3.26.2 wrote it");
    expect([index.size(), index.dimensions()]).toEqual([3, 2]);
  });
});

describe("files of ours", () => {
  test("hold keys, vectors and what the index was made with, and are exports", async () => {
    using folder = new Folder();
    const path = join(folder.root, "index");
    const index = new Index({ dimensions: 2, metric: "ip", connectivity: 8, expansion_search: 99 });
    index.add([1n, LARGE], [Float32Array.of(1, 2), Float32Array.of(3, 4)]);
    index.save(path);
    const again = new Index(5);
    again.load(path);
    expect([again.dimensions(), again.connectivity(), again.size()]).toEqual([2, 8, 2]);
    expect(again.search(Float32Array.of(1, 1), 2)).toEqual(index.search(Float32Array.of(1, 1), 2));
    expect(
      openSync({ from: readFileSync(path) })
        .space("vectors")
        .keys(),
    ).toEqual([1, LARGE]);
    const names = openSync({ dimensions: 2 });
    names.space("vectors").add("a name", [1, 2]);
    names.save(path);
    expect((await refusalOf(() => again.load(path))).message).toContain('holds the key "a name"');
  });

  test("opened to be viewed, they are searched and not changed", async () => {
    using folder = new Folder();
    const path = join(folder.root, "index");
    filled().save(path);
    const index = new Index(2, "l2sq");
    index.view(path);
    expect(index.search(Float32Array.of(3, 4), 1).keys).toEqual(new BigUint64Array([2n]));
    expect((await refusalOf(() => index.add(9n, Float32Array.of(1, 2)))).message).toBe(
      "Can't add to an immutable index",
    );
    expect((await refusalOf(() => index.remove(1n))).message).toBe("Can't remove from an immutable index");
    index.load(path);
    expect(index.remove(1n)).toBe(1);
  });
});

const theirs = original<Theirs>("usearch");
describe.skipIf(theirs === null)("beside the original", () => {
  const vector = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 });
  const key = fc.bigInt(0n, 9n);
  const call = fc.oneof(
    { weight: 5, arbitrary: fc.record({ method: fc.constant("add" as const), key, vector }) },
    { weight: 2, arbitrary: fc.record({ method: fc.constant("remove" as const), key, vector }) },
    { weight: 1, arbitrary: fc.record({ method: fc.constant("count" as const), key, vector }) },
    { weight: 3, arbitrary: fc.record({ method: fc.constant("search" as const), key, vector }) },
  );

  for (const metric of ["l2sq", "ip"] as const) {
    test(`the same calls have the same outcomes, under ${metric}`, () => {
      const outcome = (index: Index, { method, key, vector }: { method: string; key: bigint; vector: number[] }) => {
        const floats = Float32Array.from(vector);
        try {
          if (method === "add") return index.add(key, floats, 1);
          if (method === "remove") return index.remove(key);
          if (method === "count") return [index.count(key), index.contains([key])];
          return index.search(floats, 20, 1).distances;
        } catch (error) {
          return (error as Error).message;
        }
      };
      const property = fc.property(fc.array(call, { minLength: 5, maxLength: 40 }), (calls) => {
        const [ours, other] = [new Index(3, metric), new theirs!.Index(3, metric)];
        for (const each of calls) {
          expect(outcome(ours, each)).toEqual(outcome(other, each) as never);
          expect([ours.size(), ours.capacity()]).toEqual([other.size(), other.capacity()]);
        }
      });
      fc.assert(property, { numRuns: 60, seed: 32 });
    });
  }

  test("a file that it writes now is read: every key and float, and the same nearest", () => {
    using folder = new Folder();
    const path = join(folder.root, "theirs");
    const set = uniform(2000, 16, 6);
    const keys = BigUint64Array.from({ length: 2000 }, (_, i) => BigInt(i) * 3n);
    const index = new theirs!.Index(16, "l2sq");
    index.add(keys, set.values, 1);
    index.remove(30n);
    index.save(path);
    const file = readUsearch(new Uint8Array(readFileSync(path)));
    let seen = 0;
    for (let i = 0; i < file.count; i++) {
      if (file.isDeleted(i)) continue;
      expect(file.vectorAt(i)).toEqual(set.at(Number(file.keyAt(i)) / 3).slice());
      seen++;
    }
    expect(seen).toBe(1999);
    const ours = new Index(1);
    ours.load(path);
    let same = 0;
    for (let q = 0; q < 50; q++) {
      const [a, b] = [ours, index].map((each) => new Set(each.search(set.at(q * 31), 10, 1).keys));
      same += [...a!].filter((key) => b!.has(key)).length;
    }
    expect(same / 500).toBeGreaterThan(0.98);
  });
});
