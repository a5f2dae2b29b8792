/* Do the classes of hnswlib-node do what that package's do, read its files, and refuse what it makes nonsense of? */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import hnswlib, {
  BruteforceSearch,
  HierarchicalNSW,
  InnerProductSpace,
  L2Space,
  type SpaceName,
} from "../../src/dropin/hnswlib-node.ts";
import { readHnswlibGraph, readHnswlibList } from "../../src/foreign/hnswlib.ts";
import { openSync } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf, uniform } from "../support/indexes.ts";
import { bytesOf, given, POINTS } from "./given.ts";
import { original } from "./originals.ts";

type Theirs = { HierarchicalNSW: typeof HierarchicalNSW; BruteforceSearch: typeof BruteforceSearch };

const filled = (space: SpaceName = "l2", most = 10) => {
  const index = new HierarchicalNSW(space, 3);
  index.initIndex(most);
  for (const [i, point] of POINTS.entries()) index.addPoint(point, i);
  return index;
};

describe("labels, capacity and marks", () => {
  test("a point that is marked is no hit and has no floats, counts, and comes back as it was", () => {
    const index = filled();
    index.markDelete(1);
    expect(index.searchKnn([2, 3, 4], 5).neighbors).toEqual([0, 2, 3, 4]);
    expect(() => index.getPoint(1)).toThrow("Hnswlib Error: Label not found");
    expect([index.getCurrentCount(), index.getIdsList().sort()]).toEqual([5, [0, 1, 2, 3, 4]]);
    expect(() => index.markDelete(1)).toThrow("already deleted");
    index.unmarkDelete(1);
    expect(index.getPoint(1)).toEqual([2, 3, 4]);
    expect(() => index.unmarkDelete(1)).toThrow("is not deleted");
    expect(() => index.unmarkDelete(9)).toThrow("Label not found");
    expect(() => index.markDelete(9)).toThrow("Label not found");
  });

  test("a marked point takes a place, and `replaceDeleted` takes it over", () => {
    const index = new HierarchicalNSW("l2", 3);
    index.initIndex({ maxElements: 2, allowReplaceDeleted: true });
    index.addPoint([1, 1, 1], 0);
    index.addPoint([2, 2, 2], 1);
    index.markDelete(0);
    expect(() => index.addPoint([3, 3, 3], 2)).toThrow("exceeds the specified limit");
    expect(() => index.addPoint([3, 3, 3], 0)).toThrow("Can't use addPoint to update deleted elements");
    index.addPoint([3, 3, 3], 2, true);
    expect([index.getIdsList().sort(), index.getCurrentCount()]).toEqual([[1, 2], 2]);
    expect(() => index.unmarkDelete(0)).toThrow("Label not found");
    expect(() => filled().addPoint([1, 1, 1], 0, true)).toThrow("is disabled in constructor");
  });

  test("a known label is replaced, also where the index is full", () => {
    const index = filled("l2", 5);
    index.addPoint([9, 9, 9], 0);
    expect([index.getPoint(0), index.getCurrentCount()]).toEqual([[9, 9, 9], 5]);
    index.markDelete(0);
    index.addPoint([8, 8, 8], 0);
    expect(index.searchKnn([8, 8, 8], 1)).toEqual({ distances: [0], neighbors: [0] });
    expect(() => index.resizeIndex(4)).toThrow("max element is less than the current number");
  });

  test("brute force finds all there are, and removes a label that is there", () => {
    const set = uniform(1500, 3, 9);
    const index = new BruteforceSearch("cosine", 3);
    index.initIndex(1500);
    for (let i = 0; i < set.count; i++) index.addPoint(Array.from(set.at(i)), i);
    const { neighbors, distances } = index.searchKnn(Array.from(set.at(7)), 1500);
    expect([new Set(neighbors).size, neighbors[0]]).toEqual([1500, 7]);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    index.removePoint(7);
    index.removePoint(7);
    expect(index.getCurrentCount()).toBe(1499);
    expect(index.searchKnn(Array.from(set.at(7)), 3, (label) => label < 10).neighbors).not.toContain(7);
  });

  test("under cosine a point is kept with length 1", () => {
    const index = filled("cosine");
    expect(Math.hypot(...index.getPoint(4))).toBeCloseTo(1, 6);
  });

  test("typed arrays are points too, and a filter's verdict counts as what it is worth", () => {
    const index = filled();
    index.addPoint(Float32Array.of(1, 2, 3.5) as unknown as number[], 9);
    expect(index.searchKnn([1, 2, 3.5], 1, ((label: number) => label - 9) as never).neighbors).toEqual([0]);
    expect(() => index.searchKnn([1, 2, 3], 1, (async () => true) as never)).toThrow("it returned a promise");
  });

  test("the default export is what `require` of the original gives", () => {
    expect(hnswlib).toEqual({ HierarchicalNSW, BruteforceSearch, L2Space, InnerProductSpace });
    expect(new hnswlib.L2Space(2).distance([1, 2], [3, 5])).toBe(13);
    expect(new hnswlib.InnerProductSpace(2).distance([1, 2], [3, 5])).toBe(-12);
  });
});

describe("what the original takes and makes nonsense of is refused, and changes nothing:", () => {
  for (const [code, call] of [
    ["NOT_FINITE", (index: HierarchicalNSW) => index.addPoint([1, Number.NaN, 3], 7)],
    ["BAD_VECTOR", (index: HierarchicalNSW) => index.addPoint([1, "2", 3] as never, 7)],
    ["BAD_OPTION", (index: HierarchicalNSW) => index.addPoint([1, 2, 3], -1)],
    ["BAD_OPTION", (index: HierarchicalNSW) => index.addPoint([1, 2, 3], 1.5)],
    ["BAD_OPTION", (index: HierarchicalNSW) => index.addPoint([1, 2, 3], 2 ** 32)],
    ["NOT_FINITE", (index: HierarchicalNSW) => index.searchKnn([1, 2, Number.POSITIVE_INFINITY], 2)],
    ["BAD_OPTION", (index: HierarchicalNSW) => index.searchKnn([1, 2, 3], Number.NaN)],
    ["BAD_OPTION", (index: HierarchicalNSW) => index.initIndex(-5)],
    ["BAD_OPTION", () => new HierarchicalNSW("l2", 0)],
    ["BAD_OPTION", () => new BruteforceSearch("ip", 5000)],
    ["PATH_FAILED", (index: HierarchicalNSW) => index.readIndexSync("/nowhere/at/all")],
    ["PATH_FAILED", (index: HierarchicalNSW) => index.writeIndexSync("/nowhere/at/all")],
  ] as const) {
    test(`${code}: ${String(call).replace(/\s+/g, " ")}`, async () => {
      const index = filled();
      expect((await refusalOf(() => call(index))).code).toBe(code);
      expect([index.getCurrentCount(), index.getPoint(0)]).toEqual([5, [1, 2, 3]]);
    });
  }

  test("a zero vector under cosine", async () => {
    const index = filled("cosine");
    expect((await refusalOf(() => index.addPoint([0, 0, 0], 7))).code).toBe("ZERO_VECTOR");
    expect(index.getCurrentCount()).toBe(5);
  });
});

describe("files of hnswlib", () => {
  test("a graph: points, labels, marks and the number it takes", () => {
    const index = new HierarchicalNSW("l2", 3);
    index.readIndexSync(given("graph.hnswlib"));
    expect([index.getMaxElements(), index.getCurrentCount(), index.getEf()]).toEqual([8, 5, 10]);
    for (const [i, point] of POINTS.entries()) if (i !== 2) expect(index.getPoint(10 + i)).toEqual(point);
    expect(() => index.getPoint(12)).toThrow("Label not found");
    expect(index.searchKnn([3, 4, 5], 2)).toEqual({ distances: [3, 12], neighbors: [11, 10] });
    index.unmarkDelete(12);
    expect(index.searchKnn([3, 4, 5], 1)).toEqual({ distances: [0], neighbors: [12] });
    expect(readHnswlibGraph(bytesOf("graph.hnswlib"))).toMatchObject({ M: 6, efConstruction: 50, dimensions: 3 });
  });

  test("a list, by promise, whose labels are large", async () => {
    const index = new BruteforceSearch("ip", 3);
    expect(await index.readIndex(given("list.hnswlib"))).toBe(true);
    expect([index.getMaxElements(), index.getCurrentCount()]).toEqual([6, 5]);
    expect(index.searchKnn([7, 8, -9], 1)).toEqual({ distances: [1 - 194], neighbors: [4294967294] });
    index.addPoint([1, 1, 1], 5);
    expect(() => index.addPoint([1, 1, 1], 6)).toThrow("exceeds the specified limit");
  });

  test("an empty one, and one under cosine", async () => {
    const index = new HierarchicalNSW("cosine", 3);
    await index.readIndex(given("empty.hnswlib"));
    expect([index.getMaxElements(), index.getCurrentCount()]).toEqual([4, 0]);
    index.readIndexSync(given("cosine.hnswlib"), true);
    expect(index.searchKnn([7, 8, -9], 1).neighbors).toEqual([4]);
    index.markDelete(4);
    index.addPoint([7, 8, -9], 40, true);
    expect(index.getIdsList()).toHaveLength(5);
  });

  test("cut off anywhere, or with wrong sizes, is refused, and what was there stays", async () => {
    using folder = new Folder();
    const path = join(folder.root, "wrong");
    for (const [name, open] of [
      ["graph.hnswlib", () => filled()],
      ["list.hnswlib", () => new BruteforceSearch("l2", 3)],
    ] as const) {
      const bytes = bytesOf(name);
      const index = open();
      const before = index.getCurrentCount();
      const refused = async (wrong: Uint8Array, what: string) => {
        writeFileSync(path, wrong);
        const { code } = await refusalOf(() => index.readIndexSync(path));
        expect({ name, what, code }).toEqual({ name, what, code: expect.stringMatching(/^EXPORT_(DAMAGED|FOREIGN)$/) });
      };
      for (let length = 0; length < bytes.length; length++) await refused(bytes.slice(0, length), `${length} bytes`);
      const words = name === "graph.hnswlib" ? [0, 16, 24, 32, 40, 56, 64, 72] : [0, 8, 16];
      for (const at of words) {
        for (const value of [0xffn, 2n ** 40n, 2n ** 63n]) {
          const wrong = bytes.slice();
          new DataView(wrong.buffer).setBigUint64(at, value, true);
          await refused(wrong, `${value} at ${at}`);
        }
      }
      expect(index.getCurrentCount()).toBe(before);
    }
  });

  test("of other dimensions, of the other class, or with NaN in it, is refused by name", async () => {
    using folder = new Folder();
    const graph = new HierarchicalNSW("l2", 4);
    expect((await refusalOf(() => graph.readIndexSync(given("graph.hnswlib")))).message).toContain("has 3 dimensions");
    expect((await refusalOf(() => graph.readIndexSync(given("list.hnswlib")))).code).toBe("EXPORT_DAMAGED");
    const list = new BruteforceSearch("l2", 3);
    expect((await refusalOf(() => list.readIndexSync(given("graph.hnswlib")))).code).toBe("EXPORT_DAMAGED");
    const bytes = bytesOf("list.hnswlib");
    new DataView(bytes.buffer).setFloat32(24, Number.NaN, true);
    const path = join(folder.root, "nan");
    writeFileSync(path, bytes);
    expect((await refusalOf(() => list.readIndexSync(path))).code).toBe("NOT_FINITE");
    new DataView(bytes.buffer).setFloat32(24, 1, true);
    bytes.copyWithin(24 + 12, 24 + 20 + 12, 24 + 20 + 20);
    writeFileSync(path, bytes);
    expect((await refusalOf(() => list.readIndexSync(path))).message).toContain("a label comes twice");
    expect(() => readHnswlibList(bytesOf("list.hnswlib"), 4)).toThrow("elements have 20 bytes");
  });
});

describe("files of ours", () => {
  test("hold points, marks and the number it takes, and are exports", async () => {
    using folder = new Folder();
    const path = join(folder.root, "index");
    const index = filled();
    index.markDelete(2);
    expect(await index.writeIndex(path)).toBe(true);
    expect(index.searchKnn([3, 4, 5], 1).neighbors).toEqual([1]);
    const again = new HierarchicalNSW("l2", 3);
    again.readIndexSync(path);
    expect([again.getMaxElements(), again.getCurrentCount(), again.getIdsList().sort()]).toEqual([
      10,
      5,
      [0, 1, 2, 3, 4],
    ]);
    again.unmarkDelete(2);
    expect(again.searchKnn([3, 4, 5], 1)).toEqual({ distances: [0], neighbors: [2] });
    expect(
      openSync({ from: readFileSync(path) })
        .space("vectors")
        .keys(),
    ).toEqual([0, 1, 3, 4]);
    const list = new BruteforceSearch("l2", 3);
    list.initIndex(7);
    list.addPoint([1, 2, 3], 4294967295);
    list.writeIndexSync(path);
    const other = new BruteforceSearch("l2", 3);
    other.readIndexSync(path);
    expect([other.getMaxElements(), other.searchKnn([1, 2, 3], 1).neighbors]).toEqual([7, [4294967295]]);
  });

  test("of others are refused by what is in them", async () => {
    using folder = new Folder();
    const path = join(folder.root, "index");
    const index = openSync({ dimensions: 3, metric: "l2" });
    index.space("vectors").add("a name", [1, 2, 3]);
    index.save(path);
    const graph = new HierarchicalNSW("l2", 3);
    expect((await refusalOf(() => graph.readIndexSync(path))).message).toContain('holds the key "a name"');
    expect((await refusalOf(() => new HierarchicalNSW("ip", 3).readIndexSync(path))).code).toBe("EXPORT_FOREIGN");
    index.dropSpace("vectors");
    index.space("memories").add(1, [1, 2, 3]);
    index.save(path);
    expect((await refusalOf(() => graph.readIndexSync(path))).message).toContain("holds no space `vectors`");
    await expect(graph.readIndex(join(folder.root, "missing"))).rejects.toThrow("failed to open file");
  });
});

const theirs = original<Theirs>("hnswlib-node");
describe.skipIf(theirs === null)("beside the original", () => {
  const point = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 });
  const label = fc.nat(7);
  const call = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("addPoint" as const), point, label, fc.boolean()) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("markDelete" as const), label) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("unmarkDelete" as const), label) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("resizeIndex" as const), fc.integer({ min: 1, max: 8 })) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("getPoint" as const), label) },
    { weight: 4, arbitrary: fc.tuple(fc.constant("searchKnn" as const), point, fc.integer({ min: 1, max: 9 })) },
  );
  const distancesOf = ({ is }: { is?: unknown }) => (is as { distances: number[] } | undefined)?.distances;
  const outcome = (index: object, [method, ...args]: readonly unknown[]) => {
    try {
      return { is: (index as Record<string, (...args: unknown[]) => unknown>)[method as string]!(...args) ?? null };
    } catch (error) {
      return { throws: (error as Error).message };
    }
  };

  for (const space of ["l2", "ip"] as const) {
    test(`the same calls have the same outcomes, under ${space}`, () => {
      const property = fc.property(fc.array(call, { minLength: 5, maxLength: 40 }), fc.boolean(), (calls, replaces) => {
        const [ours, other] = [HierarchicalNSW, theirs!.HierarchicalNSW].map((Index) => {
          const index = new Index(space, 3);
          index.initIndex({ maxElements: 4, allowReplaceDeleted: replaces });
          index.setEf(50);
          return index;
        });
        for (const each of calls) {
          // Which of several marked points is replaced, neither says.
          const replaced = each[0] === "addPoint" && each[3] === true && replaces;
          if (replaced) continue;
          const [got, wanted] = [outcome(ours!, each), outcome(other!, each)];
          const which = JSON.stringify(each);
          const isFound = each[0] === "searchKnn" && "is" in wanted;
          if (isFound) expect(distancesOf(got), which).toEqual(distancesOf(wanted));
          else expect(got, which).toEqual(wanted);
          expect(ours!.getIdsList().sort()).toEqual(other!.getIdsList().sort());
          expect(ours!.getCurrentCount()).toBe(other!.getCurrentCount());
        }
      });
      fc.assert(property, { numRuns: 60, seed: 31 });
    });
  }

  test("a file that it writes now is read: every label and float, and the same nearest", () => {
    using folder = new Folder();
    const path = join(folder.root, "theirs");
    const set = uniform(2000, 16, 6);
    const index = new theirs!.HierarchicalNSW("l2", 16);
    index.initIndex(2500, 16, 100);
    for (let i = 0; i < set.count; i++) index.addPoint(Array.from(set.at(i)), i * 3);
    index.markDelete(30);
    index.setEf(100);
    index.writeIndexSync(path);
    const ours = new HierarchicalNSW("l2", 16);
    ours.readIndexSync(path);
    ours.setEf(100);
    expect(ours.getMaxElements()).toBe(2500);
    for (let i = 0; i < set.count; i++) if (i !== 10) expect(ours.getPoint(i * 3)).toEqual(index.getPoint(i * 3));
    let same = 0;
    for (let q = 0; q < 50; q++) {
      const query = Array.from(set.at(q * 31));
      const [a, b] = [ours.searchKnn(query, 10), index.searchKnn(query, 10)];
      same += a.neighbors.filter((label) => b.neighbors.includes(label)).length;
    }
    expect(same / 500).toBeGreaterThan(0.98);
  });
});
