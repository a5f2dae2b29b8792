/* Is a record of the placement, or a beat, what was written, and nothing else believed? */
import { expect, test } from "bun:test";
import { decodeBeat, encodeBeat } from "../../../../src/cluster/placement/beat.ts";
import { RecordStore, readRecord } from "../../../../src/cluster/placement/record.ts";

const [a, b] = ["0123456789abcdef", "fedcba9876543210"];

test("a record is what was put there, in place of the revision that was read", async () => {
  const kept: { revision: number; bytes: Uint8Array }[] = [];
  const stream = {
    lastRevision: async () => kept.at(-1) ?? null,
    replace: async (_: string, revision: number, bytes: Uint8Array) => {
      if (revision !== kept.length) return false;
      kept.push({ revision: kept.length + 1, bytes });
      return true;
    },
  };
  const store = new RecordStore(stream as never, 3);
  expect(await store.read()).toEqual({ revision: 0, placement: [[], [], []], capacities: new Map() });
  const capacities = new Map([
    [a, 1],
    [b, 2.5],
  ]);
  expect(await store.replace(0, [[a, b], [b], []], capacities)).toBe(true);
  expect(await store.replace(0, [[a], [a], [a]], capacities)).toBe(false);
  expect(await store.read()).toEqual({ revision: 1, placement: [[a, b], [b], []], capacities });
});

test.each([
  ["no JSON", "{"],
  ["another version", '{"version":2,"members":[],"partitions":[[],[]]}'],
  ["a member without a name", '{"version":1,"members":[["x",1]],"partitions":[[],[]]}'],
  ["a member without capacity", `{"version":1,"members":[["${a}",0]],"partitions":[[],[]]}`],
  ["other partitions", `{"version":1,"members":[["${a}",1]],"partitions":[[0]]}`],
  ["a holder that is no member", `{"version":1,"members":[["${a}",1]],"partitions":[[0],[1]]}`],
  ["a holder that is a name", `{"version":1,"members":[["${a}",1]],"partitions":[["length"],[]]}`],
])("%s makes no record", (_, text) => {
  expect(() => readRecord(new TextEncoder().encode(text), 2)).toThrow();
});

test("a beat says what is served; what is none is nothing", () => {
  const beat = { name: a, capacity: 2, revision: 7, serves: [0, 3, 8, 9], isFull: false, leaves: true };
  expect(decodeBeat(encodeBeat(beat, 10), 10)).toEqual(beat);
  expect(decodeBeat(encodeBeat(beat, 10), 64)).toBeNull();
  expect(decodeBeat(new Uint8Array(5), 10)).toBeNull();
  expect(decodeBeat(new Uint8Array(100_000), 10)).toBeNull();
});
