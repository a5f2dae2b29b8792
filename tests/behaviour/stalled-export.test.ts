/* When a program reads an export no further, or a thread dies that it attached: do memory and seats come back? */
import { expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import { MAX_SEATS } from "../../assembly/layout.ts";
import type { VectorIndex } from "../../src/index.ts";
import { expectSound, keysOf, opened, refusalOf, uniform, until } from "../support/indexes.ts";

const SEED = 707;
const COUNT = 3000;
const SET = uniform(2 * COUNT, 16, SEED);
const KEYS = keysOf(SET.part(0, COUNT));

/** Tickets that can be had at once. Those stay taken. */
function freeSeats(index: VectorIndex): number {
  for (let seats = 0; ; seats++) {
    try {
      index.attach();
    } catch {
      return seats;
    }
  }
}

test("an export that is not read on keeps memory for `timeoutMs`, and then fails", async () => {
  const memoryLimit = 24 * 2 ** 20; // four times what the space takes while it is filled again
  const options = { dimensions: 16, metric: "l2", partitions: 1, workers: 0, flatBelow: 64, memoryLimit } as const;
  // One by one: what is linked together is there so soon that a compaction begins after the flush.
  await using parts = await opened({ ...options, timeoutMs: 150, batching: { bulk: 16_777_215 } });
  const { index } = parts;
  const space = index.space("s");
  await space.addMany(KEYS, SET.part(0, COUNT).values);
  await index.flush();
  const reader = index.export().getReader();
  expect((await reader.read()).done).toBe(false);
  for (let round = 0; round < 8; round++) {
    // Everything is replaced: a compaction a round.
    const half = round % 2 === 0 ? SET.part(COUNT, 2 * COUNT) : SET.part(0, COUNT);
    await space.addMany(KEYS, half.values);
    await index.flush();
  }
  expect(index.stats().spaces[0]!.compactions).toBeGreaterThanOrEqual(6);
  expect((await refusalOf(() => reader.read())).code).toBe("TIMEOUT");
  await expectSound(index, `seed ${SEED}`);
}, 30_000);

test("exports that are not read on give their seats back after `timeoutMs`", async () => {
  await using parts = await opened({ dimensions: 16, workers: 0, partitions: 1, timeoutMs: 100 });
  const { index, handle } = parts;
  await index.space("s").addMany(KEYS.slice(0, 10), SET.part(0, 10).values);
  const readers = Array.from({ length: 20 }, () => index.export().getReader());
  for (const reader of readers) await reader.read();
  const taken = () =>
    Array.from({ length: MAX_SEATS }, (_, seat) => isTaken(handle.control, seat)).filter(Boolean).length;
  await until(() => taken() === 1, "every seat but the opening thread's is free");
  expect(freeSeats(index)).toBe(MAX_SEATS - 1);
}, 30_000);

test("a reader that is slow, and never slower than `timeoutMs`, gets everything", async () => {
  await using parts = await opened({ dimensions: 16, workers: 0, partitions: 1, timeoutMs: 2000 });
  const { index } = parts;
  await index.space("s").addMany(KEYS, SET.part(0, COUNT).values);
  await index.flush();
  let bytes = 0;
  for await (const chunk of index.export()) {
    bytes += chunk.length;
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBe((await index.exportBytes()).length);
});

function isTaken(control: { takeSeat(first: number): number; leaveSeat(seat: number): void }, seat: number): boolean {
  // The lowest free one from there on: that very one if it is free.
  const found = control.takeSeat(seat);
  if (found >= 0) control.leaveSeat(found);
  return found !== seat;
}

test("a thread that attached and was terminated gives its seat back", async () => {
  await using parts = await opened({ dimensions: 16, workers: 0, partitions: 1 });
  const { index, handle } = parts;
  await index.space("s").add("x", SET.at(0));
  for (let i = 0; i < 3; i++) {
    const thread = new Worker(new URL("../support/helper-thread.ts", import.meta.url));
    const replied = new Promise((resolve) => thread.once("message", resolve));
    thread.postMessage(index.attach());
    thread.postMessage({ kind: "search", space: "s", vectors: SET.part(0, 1).values });
    await replied;
    await thread.terminate();
  }
  await until(() => [1, 2, 3].every((seat) => !isTaken(handle.control, seat)), "their seats are free");
  expect(freeSeats(index)).toBe(MAX_SEATS - 1);
}, 30_000);
