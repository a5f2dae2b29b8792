/* Is a row or a program from elsewhere refused, or is it one that changes nothing else, whatever its bytes? */
import { describe, expect, test } from "bun:test";
import { E_ROW, OK, OK_WAKE } from "../../../assembly/layout.ts";
import { programOf } from "../../../src/documents/program.ts";
import type { Condition } from "../../../src/documents/where.ts";
import { random } from "../../support/vectors.ts";
import { coreModule } from "../harness.ts";
import { type RowSpace, rowSpace } from "./row-space.ts";

await coreModule("debug");
const SEED = 1805;
const TYPES = { word: "keyword", size: "number", seen: "boolean", day: "date" } as const;
const V = [1, 2, 3, 4];
const ROW = {
  text: '{"a":"é"}',
  values: { word: ["a", "bc"], size: 1.5, seen: [true, false], day: [1, 2] },
  expiresAt: 1e12,
};

const NAN = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const BYTES = 0;
const FLAGS = 4;
const EXPIRES = 8;
const DOCUMENT = 16;
const VALUES = 20;
const KNOWN = 24;
const FIRST = 32; // word: [a, bc], 11 bytes
const SECOND = FIRST + 8 + 16; // size: 1.5
const THIRD = SECOND + 8 + 8; // seen: [true, false]
const FOURTH = THIRD + 8 + 8; // day: [1, 2]
const TEXT = FOURTH + 8 + 16;

/** What is written where, and which offset the refusal names. */
const BAD: [string, at: number, bytes: number[], offset: number][] = [
  ["another length than it has", BYTES, [8], BYTES],
  ["a flag that there is not", FLAGS, [8 | 5], FLAGS],
  ["an expiry that is no number", EXPIRES, NAN, EXPIRES],
  ["an endless document", DOCUMENT, [0xff, 0xff, 0xff, 0xff], DOCUMENT],
  ["a shorter document than there is", DOCUMENT, [1], DOCUMENT],
  ["a document although its flag says none", FLAGS, [4], DOCUMENT],
  ["more values than there are", VALUES, [5], TEXT],
  ["endless values", VALUES, [0xff, 0xff, 0xff, 0xff], TEXT],
  ["fewer values than there are", VALUES, [3], DOCUMENT],
  ["fields that are not defined", KNOWN, [5], KNOWN],
  ["a value of a field that there is not", FOURTH, [4, 0], FOURTH],
  ["a field twice", SECOND, [0, 0], SECOND],
  ["fields out of their order", FIRST, [2, 0], FIRST],
  ["a value of another type", SECOND + 2, [4], SECOND],
  ["a form that there is not", SECOND + 3, [3], SECOND],
  ["a null with a payload", SECOND + 3, [0], SECOND],
  ["a value that ends behind the row", SECOND + 4, [0xf8, 0xff, 0xff, 0xff], SECOND],
  ["a number of seven bytes", SECOND + 4, [7], SECOND],
  ["a number that is none", SECOND + 8, NAN, SECOND],
  ["an infinity", SECOND + 8, [0, 0, 0, 0, 0, 0, 0xf0, 0x7f], SECOND],
  ["a date in a list that is no number", FOURTH + 16, NAN, FOURTH],
  ["a list of numbers with half of one", FOURTH + 4, [12], FOURTH],
  ["a keyword in a list that is longer than the list", FIRST + 8, [9], FIRST],
  ["a keyword in a list of endless length", FIRST + 8, [0xff, 0xff, 0xff, 0xff], FIRST],
  ["a keyword that is no UTF-8", FIRST + 12, [0xff], FIRST],
  ["a boolean that is 2", THIRD + 8, [2], THIRD],
  ["a document that is no UTF-8", TEXT, [0xc0], DOCUMENT],
];

function expectUntouched(space: RowSpace, row: string): void {
  expect(space.rowOf("there")).toBe(row);
  expect(space.keys()).toEqual(["there"]);
  space.expectWhole("after a refusal");
}

describe("a row is refused, naming where, with", () => {
  test.each(BAD)("%s", async (_, at, bytes, offset) => {
    const space = await rowSpace(TYPES);
    space.put("there", V, ROW);
    const before = space.rowOf("there");
    const row = space.encode(ROW, true);
    row.set(bytes, at);
    for (const attempt of [() => space.tryPut("bad", V, row), () => space.tryUpdate("there", row)]) {
      expect(attempt()).toBe(E_ROW);
      expect(space.seat.infoAt(0)).toBe(offset);
      expectUntouched(space, before);
    }
  });

  test("more bytes than the row buffer has, or fewer than a row's head", async () => {
    const space = await rowSpace(TYPES);
    space.put("there", V, ROW);
    const before = space.rowOf("there");
    space.seat.putRow(space.encode(ROW, true));
    for (const bytes of [1, 8, 31, 2 ** 24 + 8, 2 ** 31, 2 ** 32 - 8]) {
      const add = space.seat.core.add(space.at, space.incarnation, space.seat.putKey("bad"), 0, 0, bytes);
      expect(add).toBe(E_ROW);
    }
    expectUntouched(space, before);
  });
});

test("a row with any bytes changed is refused, or is read back and filtered like any other", async () => {
  const { below } = random(SEED);
  const space = await rowSpace(TYPES, { flatBelow: 50 });
  const sound = space.encode(ROW, true);
  let taken = 0;
  let refused = 0;
  for (let i = 0; i < 6000; i++) {
    const row = sound.slice();
    for (let n = 1 + below(3); n > 0; n--) row[below(row.length)] = below(4) === 0 ? below(256) : below(9);
    const status = space.tryPut(i % 100, V, row);
    if (status === OK || status === OK_WAKE) taken++;
    else {
      expect(status).toBe(E_ROW);
      refused++;
    }
    if (i % 500 === 0) space.linkAll();
  }
  expect(Math.min(taken, refused)).toBeGreaterThan(500);
  space.linkAll();
  space.expectWhole(`seed ${SEED}`);
  for (let key = 0; key < 100; key++) {
    const found = space.read(key);
    if (found?.row == null) continue;
    expect(space.tryPut("again", V, found.row)).toBeGreaterThanOrEqual(0); // what is read is sound
    expect(space.rowOf("again")).toBe(Buffer.from(found.row).toString("hex"));
  }
  const [word] = space.fields.list;
  expect(space.matching({ is: "exists", field: word! }).length).toBeGreaterThan(0);
});

// ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async function filled(): Promise<RowSpace> {
  const space = await rowSpace(TYPES, { flatBelow: 100 });
  for (let i = 0; i < 300; i++) {
    space.put(i, V, {
      values: { word: i % 2 ? `w${i % 9}` : [`w${i % 9}`, "x"], size: i, seen: i % 3 === 0, day: [i] },
    });
  }
  return space;
}

function conditions(space: RowSpace): Condition[] {
  const [word, size, seen, day] = space.fields.list as [never, never, never, never];
  return [
    { is: "equal", field: word, value: "w1" },
    { is: "in", field: word, values: ["w1", "x", "none"] },
    {
      is: "range",
      field: word,
      low: { value: "w", inclusive: true },
      high: { value: "w3", inclusive: false },
    },
    { is: "in", field: size, values: [1, 2, 3] },
    { is: "range", field: day, low: { value: 3, inclusive: false }, high: null },
    {
      is: "and",
      of: [
        { is: "equal", field: seen, value: true },
        { is: "not", of: { is: "null", field: size } },
      ],
    },
    {
      is: "or",
      of: [
        { is: "keys", keys: [1, 2, "none"] },
        { is: "exists", field: day },
        { is: "behind", fields: 1 },
      ],
    },
  ];
}

test("a program with any bytes changed is refused, or matches something", async () => {
  const { below } = random(SEED);
  const space = await filled();
  let taken = 0;
  let refused = 0;
  for (const condition of conditions(space)) {
    const sound = programOf(condition).slice();
    for (let i = 0; i < 1500; i++) {
      const program = sound.slice();
      for (let n = 1 + below(2); n > 0; n--) program[below(program.length)] = below(4) === 0 ? below(256) : below(14);
      const status = space.tryFilter(program);
      if (status !== OK) {
        expect(status).toBe(E_ROW);
        expect(space.seat.infoAt(0)).toBeLessThanOrEqual(program.length);
        refused++;
        continue;
      }
      taken++;
      const matches = space.finish();
      expect(matches).toBeLessThanOrEqual(300);
      expect(space.listed()).toHaveLength(matches);
      space.end();
    }
  }
  expect(Math.min(taken, refused)).toBeGreaterThan(1000);
  space.expectWhole(`seed ${SEED}`);
});

test("a program is refused that is cut off, too deep, of too many ops, or that leaves other than one answer", async () => {
  const space = await filled();
  const whole = programOf(conditions(space)[5]!).slice();
  for (let bytes = 0; bytes < whole.length; bytes++) expect(space.tryFilter(whole.slice(0, bytes))).toBe(E_ROW);
  const program = (ops: number[]) => {
    const words = [0, ops.length, ...ops.flatMap((op) => (op === 6 || op === 7 ? [op, 8, 2, 0] : [op, 0]))];
    words[0] = words.length * 4;
    return new Uint8Array(Uint32Array.from(words).buffer);
  };
  const [AND, NOT, EVERYTHING] = [6, 8, 9];
  const deep = (levels: number) => [...Array(levels).fill(EVERYTHING), ...Array(levels - 1).fill(AND)] as number[];
  expect(space.tryFilter(program(deep(40)))).toBe(OK);
  expect(space.finish()).toBe(300);
  space.end();
  for (const ops of [deep(41), [], [AND], [NOT], [EVERYTHING, EVERYTHING], [EVERYTHING, AND], [200]]) {
    expect(space.tryFilter(program(ops))).toBe(E_ROW);
  }
  const many = (count: number) => [EVERYTHING, ...Array(count - 1).fill(NOT)] as number[];
  expect(space.tryFilter(program(many(1024)))).toBe(OK);
  expect(space.finish()).toBe(0);
  space.end();
  expect(space.tryFilter(program(many(1025)))).toBe(E_ROW);
});
