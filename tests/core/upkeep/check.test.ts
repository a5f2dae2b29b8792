/* Does the invariant walker notice a word that is wrong, and name the promise that it breaks? */
import { expect, test } from "bun:test";
import * as layout from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, partition } from "../harness.ts";
import { RowSpace } from "../rows/row-space.ts";

const COUNT = 500;
const built = (async () => {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 64 }), "space");
  space.addAll(uniform(COUNT, 4, 8));
  space.linkAll();
  return space;
})();

const { S_LIVE, S_VERSION, G_BULK, G_LINKED, G_DEAD, G_CLAIMED, G_ENTRY, P_SEATS, P_USED, SEAT_HELPS } = layout;
/** Words of the partition, the space or its generation; their wrong values; promises by assembly/upkeep/check.ts. */
const CASES = [
  { name: "P_USED", of: "partition", offset: P_USED, value: 7, promise: 1 },
  { name: "SEAT_HELPS", of: "partition", offset: P_SEATS + SEAT_HELPS, value: 65_600, promise: 13 },
  { name: "G_BULK", of: "generation", offset: G_BULK, value: 2, promise: 13 },
  { name: "S_LIVE", of: "space", offset: S_LIVE, value: COUNT - 1, promise: 2 },
  { name: "G_LINKED", of: "generation", offset: G_LINKED, value: COUNT + 1, promise: 2 },
  { name: "G_DEAD", of: "generation", offset: G_DEAD, value: 1, promise: 2 },
  { name: "S_VERSION", of: "space", offset: S_VERSION, value: 3, promise: 3 },
  { name: "G_CLAIMED", of: "generation", offset: G_CLAIMED, value: COUNT + 1, promise: 5 },
  { name: "G_ENTRY", of: "generation", offset: G_ENTRY, value: COUNT + 1, promise: 9 },
] as const;

/** A walk of 7 slots a call; `between` runs after each. */
function inPieces({ seat }: CoreSpace, checked: calls.SpaceAt, between = () => {}) {
  for (let pieces = 1; ; pieces++) {
    const found = calls.check(seat, checked, 7);
    if (found === layout.E_MORE) between();
    else if (typeof found === "number") throw new Error(`check returned ${found}`);
    else return { ...found, pieces };
  }
}

test("a walk in pieces goes through everything, and says whether nothing changed in between", async () => {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 64 }), "space");
  const set = uniform(COUNT, 4, 9);
  space.addAll(set);
  space.linkAll();
  const checked = { address: space.at, incarnation: space.incarnation };
  const found = inPieces(space, checked);
  expect(found).toMatchObject({ promise: 0, isWhole: true });
  expect(found.pieces).toBeGreaterThan((2 * COUNT) / 7);
  let i = 0;
  const between = () => {
    space.add(i % COUNT, set.at((i + 1) % COUNT));
    if (i++ % 10 === 0) space.linkAll();
  };
  expect(inPieces(space, checked, between)).toMatchObject({ promise: 0, isWhole: false });
  expect(inPieces(space, checked)).toMatchObject({ promise: 0, isWhole: true });
  space.drop();
  expect(calls.check(space.seat, checked, 7)).toBe(layout.E_STALE);
});

test.each(CASES)("$name", async ({ of, offset, value, promise }) => {
  const space = await built;
  const { seat, at, incarnation } = space;
  const words = new Uint32Array(seat.memory.buffer);
  const generation = words[(at + layout.S_GENERATIONS) >>> 2]!;
  const word = ({ partition: 0, space: at, generation }[of] + offset) >>> 2;
  const before = words[word]!;
  space.expectWhole("before");
  words[word] = value;
  const checked = of === "partition" ? calls.PARTITION : { address: at, incarnation };
  expect(calls.check(seat, checked)).toMatchObject({ promise });
  expect(inPieces(space, checked)).toMatchObject({ promise });
  words[word] = before;
  space.expectWhole("after");
});

/** Cells of slot 5; their wrong words. */
test.each([
  ["a record without its cell", layout.COLUMN_RECORDS, [0]],
  ["an expiry that the record does not know", layout.COLUMN_EXPIRY, [0, 0]],
  ["a keyword that there is not", layout.COLUMN_FIELDS, [layout.WORD_CODES + 50]],
  ["a number that is none", layout.COLUMN_FIELDS + 1, [7, 0x7ff80000]],
] as [string, number, number[]][])("%s", async (_, column, wrong) => {
  const space = new RowSpace(await partition({ dimensions: 4 }), "s", { word: "keyword", size: "number" });
  for (let i = 0; i < 8; i++) {
    space.put(i, [i, 0, 0, 0], { text: "1", values: { word: `w${i}`, size: i }, expiresAt: i === 0 ? 1 : null });
  }
  const words = new Uint32Array(space.seat.memory.buffer);
  const wordAt = (at: number) => words[at >>> 2]!;
  const generation = wordAt(space.at + layout.S_GENERATIONS);
  const columns = wordAt(generation + layout.G_COLUMNS) + layout.D_HEADER;
  const cells = wordAt(wordAt(columns + column * layout.COLUMN_BYTES) + layout.D_HEADER);
  const width = column === layout.COLUMN_EXPIRY || column === layout.COLUMN_FIELDS + 1 ? 8 : 4;
  const cell = (cells + 5 * width) >>> 2;
  const before = words.slice(cell, cell + 2);
  space.expectWhole("before");
  words.set(wrong, cell);
  const checked = { address: space.at, incarnation: space.incarnation };
  expect(calls.check(space.seat, checked)).toMatchObject({ promise: 12, slot: 5 });
  words.set(before, cell);
  space.expectWhole("after");
});
