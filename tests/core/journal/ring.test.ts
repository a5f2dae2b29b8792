/* Is every accepted op in the ring once, in order and as it was given, whatever happens on the way? */
import { describe, expect, test } from "bun:test";
import * as layout from "../../../assembly/layout.ts";
import {
  E_JOURNAL_FULL,
  E_JOURNAL_STUCK,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_DELETE,
  JOURNAL_DROP,
  JOURNAL_OPEN,
  JOURNAL_STUCK,
  NOT_FOUND,
  OK,
} from "../../../assembly/layout.ts";
import type { Seat } from "../../../src/core/seat.ts";
import { entriesOf } from "../../../src/journal/entries.ts";
import { decodeKey, type Key } from "../../../src/values/keys.ts";
import { random, uniform } from "../../support/vectors.ts";
import { CoreSpace, linkAll, partition, usedBytes } from "../harness.ts";

const SEED = 2718;

/** The journal of a partition, as the journal thread would read it. */
class Journal {
  readonly seat: Seat;
  last = 0;
  constructor(seat: Seat, last = 0) {
    this.seat = seat;
    this.last = last;
    expect(seat.core.reserveJournal()).toBe(OK);
    seat.core.setNext(last + 1, 0, 0);
    expect(seat.core.openJournal()).toBe(OK);
  }

  /** The entries that wait in the ring, in words; `done` makes room for more. */
  read(done = true): string[] {
    const { seat } = this;
    expect(seat.core.journalWaiting()).toBe(OK);
    const [tail, head] = [seat.infoAt(0), seat.infoAt(2)];
    const [durable, last] = [seat.infoAt(4), seat.infoAt(6)];
    const payload = new Uint8Array((head - tail) >>> 0);
    seat.copyRing(seat.infoAt(8), seat.infoAt(9), tail, payload.length, payload);
    const entries = Array.from(entriesOf(payload, seat.dimensions), inWords);
    expect({ durable, count: entries.length }).toEqual({ durable: this.last, count: last - durable });
    if (done) {
      seat.core.journalWritten(head, seat.infoAt(3), last, 0);
      this.last = last;
    }
    return entries;
  }
}

function inWords({
  kind,
  space,
  header,
  vector,
  key,
}: ReturnType<typeof entriesOf> extends Generator<infer T> ? T : never) {
  const name = header === 0 ? "" : ` ${String(decodeKey(header, key, 0))}`;
  const floats = new Float32Array(vector.slice().buffer).join();
  const what = { [JOURNAL_ADD]: "add", [JOURNAL_DELETE]: "delete", [JOURNAL_CREATE]: "create", [JOURNAL_DROP]: "drop" };
  return `${what[kind as 1]}${name} in ${space}${kind === JOURNAL_ADD ? `: ${floats}` : ""}`;
}

const added = (key: Key, space: number, vector: Float32Array) => `add ${String(key)} in ${space}: ${vector.join()}`;

test("ops are in the ring in their order, spaces by their ids", async () => {
  const seat = await partition({ dimensions: 3 });
  const journal = new Journal(seat, 41);
  const set = uniform(4, 3, SEED);
  const [a, b] = [new CoreSpace(seat, "first"), new CoreSpace(seat, "second")];
  a.add("x", set.at(0));
  b.add(7, set.at(1));
  a.add("x", set.at(2));
  expect(a.remove("y")).toBe(false); // changes nothing
  expect(a.remove("x")).toBe(true);
  b.drop();
  const c = new CoreSpace(seat, "second");
  c.add(-5n, set.at(3));
  expect(journal.read()).toEqual([
    ...["create first in 0", "create second in 1", added("x", 0, set.at(0)), added(7, 1, set.at(1))],
    ...[added("x", 0, set.at(2)), "delete x in 0", "drop in 1", "create second in 2", added(-5n, 2, set.at(3))],
  ]);
  expect(journal.last).toBe(41 + 9);
  expect(journal.read()).toEqual([]);
});

test("a call reports the number of the last op, even when it found nothing to delete", async () => {
  const seat = await partition({ dimensions: 3 });
  new Journal(seat, 2 ** 31);
  const space = new CoreSpace(seat, "s");
  space.add("x", [1, 2, 3]);
  expect(seat.sequence).toBe(2 ** 31 + 2);
  space.remove("y");
  expect(seat.sequence).toBe(2 ** 31 + 2);
  space.remove("x");
  expect(seat.sequence).toBe(2 ** 31 + 3);
});

test("a vector is journalled as it was given, under cosine too, and of any number of dimensions", async () => {
  for (const dimensions of [1, 5, 16, 4096]) {
    const seat = await partition({ dimensions, metric: "cosine" });
    const journal = new Journal(seat);
    const set = uniform(3, dimensions, SEED);
    const space = new CoreSpace(seat, "s");
    for (let i = 0; i < 3; i++) space.add(`${"k".repeat(1023)}${i}`, set.at(i));
    const wanted = [0, 1, 2].map((i) => added(`${"k".repeat(1023)}${i}`, 0, set.at(i)));
    expect(journal.read()).toEqual(["create s in 0", ...wanted]);
  }
});

test("the ring refuses what does not fit, changes nothing, and goes round many times", async () => {
  const seat = await partition({ dimensions: 100, partitionLimit: 2 ** 21 });
  const journal = new Journal(seat);
  const space = new CoreSpace(seat, "s");
  const set = uniform(50, 100, SEED);
  const source = random(SEED);
  let expected = ["create s in 0"];
  let refusals = 0;
  for (let i = 0; i < 3000; i++) {
    const key = "k".repeat(1 + source.below(9)); // entries of many lengths: every way to lie across the end
    const status = space.tryAdd(key, set.at(i % 50));
    if (status === E_JOURNAL_FULL) {
      const before = space.get(key)?.join();
      expect(space.tryAdd(key, set.at(0))).toBe(E_JOURNAL_FULL);
      expect(space.get(key)?.join()).toBe(before!);
      expect(journal.read()).toEqual(expected);
      expected = [];
      refusals++;
      space.add(key, set.at(i % 50));
    }
    expected.push(added(key, 0, set.at(i % 50)));
    if (i % 100 === 0) linkAll(seat);
  }
  expect(journal.read()).toEqual(expected);
  expect(refusals).toBeGreaterThan(5);
});

test("while the disk refuses, nothing is accepted; what waits stays", async () => {
  const seat = await partition({ dimensions: 2 });
  const journal = new Journal(seat);
  const space = new CoreSpace(seat, "s");
  space.add("x", [1, 2]);
  seat.core.setJournalState(JOURNAL_STUCK);
  const { core } = seat;
  expect(space.tryAdd("y", [3, 4])).toBe(E_JOURNAL_STUCK);
  expect(core.remove(space.at, space.incarnation, seat.putKey("x"))).toBe(E_JOURNAL_STUCK);
  expect(core.dropSpace(space.at, space.incarnation)).toBe(E_JOURNAL_STUCK);
  expect(core.openSpace(seat.putKey("other"), 0, 1)).toBe(E_JOURNAL_STUCK);
  expect(core.openSpace(seat.putKey("other"), 0, 0)).toBe(NOT_FOUND);
  expect(space.search([1, 2], 1)).toEqual([{ key: "x", distance: 0 }]);
  expect(journal.read(false)).toEqual(["create s in 0", "add x in 0: 1,2"]);
  seat.core.setJournalState(JOURNAL_OPEN);
  space.add("y", [3, 4]);
  expect(journal.read()).toEqual(["create s in 0", "add x in 0: 1,2", "add y in 0: 3,4"]);
});

test("a compaction moves slots without a word in the journal", async () => {
  const seat = await partition({ dimensions: 4, flatBelow: 32 });
  const journal = new Journal(seat);
  const space = new CoreSpace(seat, "s");
  const set = uniform(400, 4, SEED);
  space.addAll(set);
  for (let key = 0; key < 200; key++) space.remove(key);
  journal.read();
  linkAll(seat);
  expect(space.figures().compactions).toBeGreaterThan(0);
  expect(journal.read()).toEqual([]);
});

test("no memory is taken for the ring until the journal reserves it", async () => {
  const seat = await partition({ dimensions: 4 });
  const before = usedBytes(seat);
  seat.core.reserveJournal();
  expect(usedBytes(seat) - before).toBeGreaterThan(2 ** 20);
});

describe("after a trap, the ring holds an op exactly if it is in:", () => {
  const points = Object.entries(layout).filter(([name]) => /^FAULT_(ACCEPT|KEYS|ARENA)/.test(name));
  for (const [name, point] of points) {
    test(name.slice(6), async () => {
      const seat = await partition({ dimensions: 3, flatBelow: 64 }, "debug");
      const journal = new Journal(seat);
      const space = new CoreSpace(seat, "s");
      const set = uniform(300, 3, SEED);
      const expected = ["create s in 0"];
      const attempt = (entry: string, call: () => unknown) => {
        try {
          if (call() !== false) expected.push(entry);
        } catch (error) {
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
          if (seat.core.repairSeat(0) === 1) expected.push(entry);
        }
      };
      for (let i = 0; i < 300; i++) {
        if (i % 7 === 0) seat.core.armFault(point as number, 1 + (i % 3));
        if (i % 5 === 4) attempt(`delete ${i - 4} in 0`, () => space.remove(i - 4));
        else attempt(added(i, 0, set.at(i)), () => space.add(i, set.at(i)));
      }
      seat.core.armFault(0, 0);
      expect(journal.read()).toEqual(expected);
      space.expectWhole(name);
    });
  }
});
