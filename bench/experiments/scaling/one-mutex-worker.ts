// What does one of the threads of one-mutex.ts do? It takes the mutex, inserts one vector, lets go, and so on to the end.

import { parentPort, workerData } from "node:worker_threads";
import * as calls from "../../../src/core/calls.ts";
import { Seat } from "../../../src/core/seat.ts";
import { linkClaims } from "../../kit/bare-core.ts";
import { Mutex } from "./mutex.ts";
import type { MutexStart, MutexTask } from "./one-mutex.ts";

const HOME = 0;

const { module, memory, dimensions, base, next, ...start } = workerData as MutexStart;
const seat = Seat.join(module, memory, start.seat, true);
const mutex = new Mutex(start.mutex);
const port = parentPort!;

/** A whole insertion: accepted, claimed and linked. */
function insert({ space }: MutexTask, row: number): void {
  seat.putVector(base.subarray(row * dimensions, (row + 1) * dimensions));
  const status = calls.add(seat, space, seat.putKey(row));
  if (status < 0) throw new Error(`row ${row} was refused: ${status}`);
  calls.claim(seat, HOME, 1, false);
  linkClaims(seat, 1);
}

port.on("message", (task: MutexTask) => {
  let linked = 0;
  for (;;) {
    mutex.lock();
    const row = next[0]!++;
    if (row < task.rows) insert(task, row);
    mutex.unlock();
    if (row >= task.rows) break;
    linked++;
  }
  port.postMessage(linked);
});
port.postMessage("ready");
