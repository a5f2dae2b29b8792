/*
 * Does an instance that is made while another thread grows the memory reach what is new? In Bun 1.4.5 it does not with
 * `memory.copy` and `memory.fill` (assembly/memory/words.ts).
 */
import { expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import type { JoinTask } from "./growth-thread.ts";
import { CoreSpace, coreModule, partition } from "./harness.ts";

const ROUNDS = 40;
const DIMENSIONS = 8;
const ENOUGH = 800; // to leave the chunk of slots that was there before

test("instances that were made while the memory grew read what lies in its new part", async () => {
  const thread = new Worker(new URL("./growth-thread.ts", import.meta.url));
  const answers: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seat = await partition({ dimensions: DIMENSIONS });
    const { memory } = seat;
    const space = new CoreSpace(seat, "grows");
    const vector = Float32Array.from({ length: DIMENSIONS }, (_, i) => i + 1);
    space.add("old", vector);
    const signals = new Int32Array(new SharedArrayBuffer(8));
    const { at, incarnation } = space;
    const answer = new Promise<unknown>((resolve) => thread.once("message", resolve));
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
    answers.push(await answer);
    expect(memory.buffer.byteLength).toBe(grown); // growing again tells every instance
  }
  await thread.terminate();
  expect(answers).toEqual(answers.map(() => "read"));
}, 60_000);
