/*
 * Does an instance that is created while another thread grows the memory reach the new part? In Bun 1.4.5 it does not
 * with `memory.copy` and `memory.fill` (assembly/memory/words.ts).
 */
import { expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import { CoreSpace, coreModule, partition } from "../harness.ts";
import type { JoinTask } from "./words-thread.ts";

const ROUNDS = 20;
const DIMENSIONS = 8;
const ENOUGH = 800; // to leave the chunk of slots that was there before

test("instances that were created while the memory grew read its new part", async () => {
  const thread = new Worker(new URL("./words-thread.ts", import.meta.url));
  const results: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seat = await partition({ dimensions: DIMENSIONS });
    const { memory } = seat;
    const space = new CoreSpace(seat, "grows");
    const vector = Float32Array.from({ length: DIMENSIONS }, (_, i) => i + 1);
    space.add("old", vector);
    const signals = new Int32Array(new SharedArrayBuffer(8));
    const { at, incarnation } = space;
    const result = new Promise<unknown>((resolve) => thread.once("message", resolve));
    const module = await coreModule();
    thread.postMessage({ module, memory, at, incarnation, signals } satisfies JoinTask);
    while (Atomics.load(signals, 0) === 0);
    const before = memory.buffer.byteLength;
    for (let key = 0; memory.buffer.byteLength === before; key++) space.add(key, vector);
    Atomics.store(signals, 1, 1);
    const grown = memory.buffer.byteLength;
    for (let i = 0; i < ENOUGH; i++) space.add(`more ${i}`, vector);
    space.add("new", vector);
    Atomics.store(signals, 1, 2);
    results.push(await result);
    expect(memory.buffer.byteLength).toBe(grown); // another growth would update every instance
  }
  await thread.terminate();
  expect(results).toEqual(results.map(() => "read"));
}, 60_000);
