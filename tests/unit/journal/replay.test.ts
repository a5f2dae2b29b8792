/* Are ops done again in their order, each once, and is what can't be done again reported as a loss? */
import { expect, test } from "bun:test";
import { JOURNAL_ADD, JOURNAL_CREATE, JOURNAL_DELETE, JOURNAL_DROP, OK } from "../../../assembly/layout.ts";
import { openWith } from "../../../src/api/open.ts";
import * as calls from "../../../src/core/calls.ts";
import type { Entry } from "../../../src/journal/entries.ts";
import { Replay } from "../../../src/journal/replay.ts";
import { PartitionState } from "../../../src/snapshot/partition-state.ts";
import { encodeKey, type Key } from "../../../src/values/keys.ts";

async function replaying(partitions = 1) {
  const { index, handle, seats } = await openWith({ dimensions: 2, workers: 0, partitions });
  expect(calls.reserveJournal(seats[0]!)).toBe(OK);
  const state = PartitionState.ofAll(handle)[0]!;
  const losses: string[] = [];
  const replay = new Replay(handle, state, (problem) => losses.push(problem));
  return { index, state, replay, losses, [Symbol.asyncDispose]: () => index.close() };
}

function entryOf(kind: number, space: number, key?: Key, vector: number[] = []): Entry {
  const bytes = new Uint8Array(64);
  const header = key === undefined ? 0 : encodeKey(key, bytes, 0);
  const floats = new Uint8Array(Float32Array.from(vector).buffer);
  return { kind, space, header, key: bytes.subarray(0, header & 0xffffff), vector: floats, row: new Uint8Array(0) };
}

const create = (space: number, name: string) => entryOf(JOURNAL_CREATE, space, name);
const drop = (space: number) => entryOf(JOURNAL_DROP, space);
const add = (space: number, key: Key, vector = [1, 2]) => entryOf(JOURNAL_ADD, space, key, vector);
const remove = (space: number, key: Key) => entryOf(JOURNAL_DELETE, space, key);

test("ops are done in their order", async () => {
  await using parts = await replaying();
  const { index, state, replay, losses } = parts;
  await replay.run(5, [create(3, "s"), add(3, "a"), add(3, "b"), add(3, "a", [3, 4]), remove(3, "b")]);
  await replay.run(10, [create(4, "t"), add(4, 7), drop(4)]);
  replay.finish();
  expect(index.spaces()).toEqual(["s"]);
  expect(await index.space("s").keys()).toEqual(["a"]);
  expect(await index.space("s").get("a")).toEqual(Float32Array.of(3, 4));
  expect([replay.done, state.nextSpace, losses]).toEqual([8, 5, []]);
});

test("ops that a snapshot holds are skipped", async () => {
  await using parts = await replaying();
  const { index, state, replay, losses } = parts;
  await replay.run(1, [create(0, "s"), add(0, "a")]);
  state.spaces.get(0)!.sequence = 4; // as if loaded from a snapshot
  await replay.run(3, [remove(0, "a"), add(0, "b"), add(0, "c")]);
  replay.finish();
  expect(await index.space("s").keys()).toEqual(["a", "c"]);
  expect([replay.done, losses]).toEqual([3, []]);
});

test("ops of an unknown space are a loss, unless its drop follows", async () => {
  await using parts = await replaying();
  const { replay, losses } = parts;
  await replay.run(1, [add(8, "a"), add(9, "a"), remove(9, "b"), drop(8)]);
  replay.finish();
  expect([replay.done, losses]).toEqual([0, ["2 ops name space 9, which does not exist"]]);
});

test("a space without a sound snapshot is a loss, unless the journal creates or drops it", async () => {
  await using parts = await replaying();
  const { state, replay, losses } = parts;
  for (const id of [1, 2, 3]) state.missing.add(id);
  await replay.run(1, [create(1, "s"), drop(2)]);
  replay.finish();
  expect(losses).toEqual(["no snapshot of space 3 is sound"]);
});

test("a space whose drop was lost makes room for the next of its name", async () => {
  await using parts = await replaying();
  const { index, replay, losses } = parts;
  await replay.run(1, [create(0, "s"), add(0, "a"), create(1, "s"), add(1, "b")]);
  expect(await index.space("s").keys()).toEqual(["b"]);
  expect(losses).toEqual(["op 3 creates a space that exists already"]);
});

test("a space of another partition is not created", async () => {
  await using parts = await replaying(2);
  const { index, state, replay, losses } = parts;
  const name = ["a", "b", "c", "d"].find((name) => state.homeOf(create(0, name).header, create(0, name).key) === null)!;
  await replay.run(1, [create(0, name)]);
  expect([index.spaces(), losses]).toEqual([[], ["op 1 creates a space that belongs in another partition"]]);
});
