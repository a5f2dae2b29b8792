/* Which groups of a writer are new to a replica? */
import { expect, test } from "bun:test";
import { PartitionLogState } from "../../../../src/cluster/replica/state.ts";

test("each group counts once, and none after a later one of its writer", () => {
  const state = new PartitionLogState();
  expect([1, 1, 2, 5, 4, 5, 6].map((number) => state.isNew("a", number))).toEqual([
    ...[true, false, true, true, false, false, true],
  ]);
  expect(state.isNew("b", 1)).toBe(true);
});

test("time never runs backwards", () => {
  const state = new PartitionLogState();
  for (const [i, time] of [5, 9, 7].entries()) state.at(time, i + 1);
  expect(state.time).toBe(9);
});

test("a writer is forgotten only an hour of the log after its last group", () => {
  const state = new PartitionLogState();
  state.at(1_000_000, 1);
  state.isNew("first", 7);
  state.at(1_000_000 + 3_599_000, 2);
  for (let i = 0; i < 300; i++) state.isNew(`writer-${i}`, 1);
  expect(state.isNew("first", 7)).toBe(false);
  state.at(1_000_000 + 3_601_000, 3);
  state.isNew("one more", 1);
  expect(state.isNew("first", 7)).toBe(true);
});

test("as far as another is what had the same messages, also after it was saved and read", () => {
  const [one, other] = [new PartitionLogState(), new PartitionLogState()];
  for (const state of [one, other]) {
    state.at(5, 3);
    state.isNew("ab".repeat(16), 1);
  }
  expect(PartitionLogState.from(one.saved()).isAsFarAs(other)).toBe(true);
  other.at(6, 4);
  expect(one.isAsFarAs(other)).toBe(false);
  one.at(6, 4);
  one.isNew("ab".repeat(16), 2);
  expect(one.isAsFarAs(other)).toBe(false);
});
