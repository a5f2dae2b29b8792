/* The entry of a worker: link, steal, park, and answer searches ahead of linking. No policy of its own. */

import type { Seat } from "../core/seat.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import { endThread, fromParent, toParent } from "../runtime/parent.node.ts";
import type { Key } from "../values/keys.ts";
import { Control } from "./control.ts";
import { linkerOf } from "./linker.ts";
import type { FromWorker, SearchMessage, StartMessage, ToWorker } from "./protocol.ts";
import { takeSeats } from "./take-seats.ts";

const PARK_MS = 50; // also how often an idle worker looks whether memory can be given back
const FAILURES_IN_A_ROW = 100;

let seats: Seat[] = [];
const searches: SearchMessage[] = [];
let interrupt = () => {};

fromParent((message: ToWorker) => {
  if (message.type === "start") void run(message);
  else if (message.type === "search") {
    searches.push(message);
    interrupt();
  } else {
    seats[message.partition]?.core.armFault(message.point, message.countdown);
  }
});

function post(message: FromWorker): void {
  toParent(message);
}

async function run(start: StartMessage): Promise<void> {
  const { settings, worker } = start;
  const control = new Control(start.control);
  const taken = takeSeats(start, start.seat);
  if (taken === null) {
    while (!control.stopping(worker)) if (!(await control.park(worker, PARK_MS, () => false))) await nextTurn();
    return endThread();
  }
  seats = taken;
  const loop = linkerOf(seats, worker, settings, control);
  interrupt = () => control.wake(worker);
  control.setAlive(worker, true);
  post({ type: "ready" });
  let failures = 0;
  while (!control.stopping(worker)) {
    for (let search = searches.shift(); search !== undefined; search = searches.shift()) post(answer(search));
    try {
      const worked = loop.step();
      failures = 0;
      if (worked) await nextTurn();
      else if (!(await control.park(worker, PARK_MS, () => searches.length > 0 || loop.hasWork()))) await nextTurn();
    } catch (trap) {
      post({ type: "trap", message: trap instanceof Error ? (trap.stack ?? trap.message) : String(trap) });
      if (++failures === FAILURES_IN_A_ROW) throw trap; // the pool starts a fresh one
      await nextTurn();
    }
  }
  control.setAlive(worker, false);
  endThread();
}

function answer({ id, partition, space, incarnation, queries, k, ef }: SearchMessage): FromWorker {
  const seat = seats[partition]!;
  try {
    const count = queries.length / seat.dimensions;
    const keys: Key[] = [];
    const distances: number[] = [];
    const counts = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      seat.putVectors(queries, i, 1);
      const found = seat.core.search(space, incarnation, k, ef, 0);
      if (found < 0) return { type: "failed", id, message: `search answered ${found}` };
      for (const hit of seat.readHits(found)) {
        keys.push(hit.key);
        distances.push(hit.distance);
      }
      seat.core.endSearch();
      counts[i] = found;
    }
    return { type: "searched", id, keys, distances: Float32Array.from(distances), counts };
  } catch (trap) {
    seat.core.repairSeat(seat.number);
    return { type: "failed", id, message: String(trap) };
  }
}
