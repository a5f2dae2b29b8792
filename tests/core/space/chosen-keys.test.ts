/*
 * Keys and names that somebody chose so that they collide under the hash that assigns spaces to partitions, which is no
 * secret: do they take as many cells and as much memory as any others?
 */
import { describe, expect, test } from "bun:test";
import { G_KEY_TABLE, P_SPACE_TABLE, S_GENERATIONS, T_DEPTH, T_DIRECTORY, TAG_UTF8 } from "../../../assembly/layout.ts";
import type { Seat } from "../../../src/core/seat.ts";
import { random } from "../../support/vectors.ts";
import { CoreSpace, partition, usedBytes } from "../harness.ts";

const SEED = 1313;
const MOST_PROBES = 3; // times as many as random keys take
const MOST_BYTES = 1.5;

// ── MurmurHash3, and back ───────────────────────────────────────────────────────────────────────────────────────────
const rotl = (x: number, by: number) => ((x << by) | (x >>> (32 - by))) >>> 0;
const times = (a: number, b: number) => Math.imul(a, b) >>> 0;
const scramble = (k: number) => times(rotl(times(k, 0xcc9e2d51), 15), 0x1b873593);
const unscramble = (k: number) => times(rotl(times(k, 0x56ed309b), 17), 0xdee13bb1);
const round = (h: number, k: number) => (times(rotl((h ^ scramble(k)) >>> 0, 13), 5) + 0xe6546b64) >>> 0;
/** The word after which `h` has become `target`. */
const wordBetween = (h: number, target: number) =>
  unscramble((rotl(times((target - 0xe6546b64) >>> 0, 0xcccccccd), 19) ^ h) >>> 0);

/** Strings of eight characters that all have the same hash. */
function colliding(count: number): string[] {
  const { below } = random(SEED);
  const found = new Set<string>();
  while (found.size < count) {
    const first = Array.from({ length: 4 }, () => 0x21 + below(0x5e));
    const word = first[0]! | (first[1]! << 8) | (first[2]! << 16) | (first[3]! << 24);
    const last = wordBetween(round(TAG_UTF8, word), 0x12345678);
    if ((last & 0x80808080) !== 0) continue; // no single characters
    const bytes = [last & 255, (last >>> 8) & 255, (last >>> 16) & 255, last >>> 24];
    found.add(String.fromCharCode(...first, ...bytes));
  }
  return [...found];
}

function ordinary(count: number): string[] {
  const { next } = random(SEED + 1);
  return Array.from({ length: count }, () => next().toString(36).slice(2, 10).padEnd(8, "x"));
}

/** Cells that are looked at to find every key of a table once, as assembly/space/keys.ts lays it out. */
function probesIn(seat: Seat, table: number): number {
  const words = new Uint32Array(seat.memory.buffer);
  const directory = words[(table + T_DIRECTORY) >>> 2]! >>> 2;
  const segments = new Set(words.subarray(directory, directory + 2 ** words[(table + T_DEPTH) >>> 2]!));
  let probes = 0;
  for (const segment of segments) {
    const capacity = words[(segment >>> 2) + 2]!;
    for (let i = 0; i < capacity; i++) {
      const cell = (segment >>> 2) + 4 + i * 2;
      if (words[cell + 1]! > 1) probes += ((i - words[cell]!) & (capacity - 1)) + 1;
    }
  }
  return probes;
}

async function spaceWith(keys: string[]): Promise<CoreSpace> {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 1e6 }), "s");
  for (const key of keys) space.add(key, [1, 2, 3, 4]);
  return space;
}

const keyTable = ({ seat, at }: CoreSpace) =>
  new Uint32Array(seat.memory.buffer)[(at + S_GENERATIONS) >>> 2]! + G_KEY_TABLE;

test("the keys here collide under the hash that everybody knows", async () => {
  const seat = await partition();
  expect(new Set(colliding(100).map((key) => seat.core.hashName(seat.putKey(key)))).size).toBe(1);
});

describe("chosen keys", () => {
  for (const count of [400, 3000]) {
    test(`${count} of them take at most ${MOST_PROBES} times the cells of random ones`, async () => {
      const [chosen, others] = [await spaceWith(colliding(count)), await spaceWith(ordinary(count))];
      const [probes, usual] = [probesIn(chosen.seat, keyTable(chosen)), probesIn(others.seat, keyTable(others))];
      expect(probes).toBeLessThanOrEqual(MOST_PROBES * usual);
      for (const key of colliding(count)) expect(chosen.get(key)).toBeDefined();
      chosen.expectWhole(`${count} chosen keys`);
    });

    test(`${count} of them take no more memory than random ones`, async () => {
      const [chosen, others] = [await spaceWith(colliding(count)), await spaceWith(ordinary(count))];
      expect(usedBytes(chosen.seat)).toBeLessThanOrEqual(MOST_BYTES * usedBytes(others.seat));
    });
  }

  test("take no more where a compaction or a snapshot makes their table again", async () => {
    const space = await spaceWith([...ordinary(200), ...colliding(400)]);
    for (const key of ordinary(200)) space.remove(key);
    space.linkAll();
    expect(space.figures()).toMatchObject({ live: 400, dead: 0, compactions: 1 });
    expect(probesIn(space.seat, keyTable(space))).toBeLessThan(MOST_PROBES * 2 * 400);
  });
});

describe("chosen names of spaces", () => {
  async function partitionWith(names: string[]): Promise<Seat> {
    const seat = await partition({ dimensions: 4 });
    for (const name of names) new CoreSpace(seat, name);
    return seat;
  }

  test("take no more cells and memory than random ones", async () => {
    const [chosen, others] = [await partitionWith(colliding(500)), await partitionWith(ordinary(500))];
    expect(probesIn(chosen, P_SPACE_TABLE)).toBeLessThanOrEqual(MOST_PROBES * probesIn(others, P_SPACE_TABLE));
    expect(usedBytes(chosen)).toBeLessThanOrEqual(MOST_BYTES * usedBytes(others));
  });
});
