/* Is an entry that expires gone for every reader from that millisecond on, and one without a vector never a hit? */
import { describe, expect, test } from "bun:test";
import { NOT_FOUND, OK, S_GENERATIONS } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { ALL } from "../../../src/documents/where.ts";
import { coreModule } from "../harness.ts";
import { type RowSpace, rowSpace } from "./row-space.ts";

await coreModule("debug");
const TYPES = { size: "number" } as const;
const COUNT = 200;

/** Key i expires at i, every third one never. Flat, on the tail, linked, and half moved by a compaction. */
async function spaces(): Promise<[string, RowSpace][]> {
  const made: [string, RowSpace][] = [];
  for (const [name, flatBelow] of [
    ["flat", 1e6],
    ["tail", 20],
    ["graph", 20],
    ["moving", 20],
  ] as const) {
    const space = await rowSpace(TYPES, { flatBelow });
    for (let i = 0; i < COUNT; i++) {
      space.put(i, [i, 0, 0, 0], { text: "1", values: { size: i }, expiresAt: i % 3 === 0 ? null : i });
    }
    if (name === "graph" || name === "moving") space.linkAll();
    if (name === "moving") {
      for (let i = 0; i < 100; i++) space.put(`gone ${i}`, [i, 1, 1, 1], {});
      space.linkAll();
      for (let i = 0; i < 100; i++) space.remove(`gone ${i}`);
      space.seat.core.claim(0, 1, 1);
      space.seat.core.link(1);
      const emptying = new Uint32Array(space.seat.memory.buffer)[(space.at + S_GENERATIONS + 4) >>> 2];
      expect(emptying).not.toBe(0);
    }
    made.push([name, space]);
  }
  return made;
}

describe("an entry that has expired", async () => {
  for (const [name, space] of await spaces()) {
    test.each([-1, 0, 1, 99, 100, COUNT])(`is gone for every reader (${name}, at %d)`, (now) => {
      const isThere = (i: number) => i % 3 === 0 || now < 0 || i > now;
      const wanted = Array.from({ length: COUNT }, (_, i) => i).filter(isThere);
      expect(Array.from({ length: COUNT }, (_, i) => i).filter((i) => space.isThere(i, now))).toEqual(wanted);
      expect(wanted.filter((i) => space.read(i, now) === undefined)).toEqual([]);
      expect(space.liveAt(now)).toBe(wanted.length);
      expect(space.matching(ALL, now).toSorted((a, b) => Number(a) - Number(b))).toEqual(wanted);
      const { address, incarnation } = { address: space.at, incarnation: space.incarnation };
      space.seat.putVector(Float32Array.of(100, 0, 0, 0));
      const hits = calls.search(space.seat, { address, incarnation }, 10, 64, now);
      if (typeof hits === "number") throw new Error(`search returned ${hits}`);
      const byDistance = wanted.toSorted((a, b) => Math.abs(a - 100) - Math.abs(b - 100));
      expect(hits.map(({ distance }) => Math.sqrt(distance))).toEqual(
        byDistance.slice(0, 10).map((i) => Math.abs(i - 100)),
      );
      space.filter(ALL, now);
      const filtered = space.nearest([100, 0, 0, 0], 10).hits.map(({ distance }) => Math.sqrt(distance));
      expect(filtered).toEqual(byDistance.slice(0, 10).map((i) => Math.abs(i - 100)));
      space.end();
      const pieces = calls.startScan(space.seat, { address, incarnation }) as calls.Piece[];
      const scanned = pieces.flatMap((piece) => calls.scanPiece(space.seat, piece, 0, now) as { key: number }[]);
      calls.endScan(space.seat);
      expect(scanned.map(({ key }) => key).toSorted((a, b) => a - b)).toEqual(wanted);
    });
  }

  test("is not deleted a second time, and its key can be added again", async () => {
    const space = await rowSpace(TYPES);
    space.put("a", [1, 1, 1, 1], { expiresAt: 5 });
    const remove = (now: number) => space.seat.core.remove(space.at, space.incarnation, space.seat.putKey("a"), now);
    expect(remove(5)).toBe(NOT_FOUND);
    space.put("a", [1, 1, 1, 1], {});
    expect(space.isThere("a", 1e15)).toBe(true);
    space.put("a", [1, 1, 1, 1], { expiresAt: 5 });
    expect(remove(4)).toBe(OK);
    expect(space.isThere("a", -1)).toBe(false);
  });
});

describe("an entry without a vector", () => {
  test.each([1e6, 20])("is counted, filtered and listed, never a hit (flatBelow %d)", async (flatBelow) => {
    const space = await rowSpace(TYPES, { flatBelow, metric: "cosine" });
    for (let i = 0; i < 120; i++) space.put(i, i % 2 === 0 ? null : [1, i, 0, 0], { values: { size: i } });
    space.linkAll();
    expect(space.figures().live).toBe(120);
    expect(space.figures().pending).toBe(0);
    expect(space.matching(ALL)).toHaveLength(120);
    expect(space.keys()).toHaveLength(120);
    const odd = (keys: { key: unknown }[]) => keys.every(({ key }) => Number(key) % 2 === 1);
    for (const k of [1, 10, 120]) {
      const hits = space.search([1, 2, 3, 4], k);
      expect(hits).toHaveLength(Math.min(k, 60));
      expect(odd(hits)).toBe(true);
      space.filter({ is: "range", field: space.fields.list[0]!, low: { value: 20, inclusive: true }, high: null });
      for (const how of [0, 1, 2]) {
        const filtered = space.nearest([1, 2, 3, 4], k, 64, how).hits;
        expect(filtered).toHaveLength(Math.min(k, 50));
        expect(odd(filtered)).toBe(true);
      }
      space.end();
    }
    space.put(0, [1, 1, 1, 1], {});
    space.linkAll();
    expect(space.search([1, 1, 1, 1], 1)[0]!.key).toBe(0);
    space.expectWhole("with and without");
  });
});
