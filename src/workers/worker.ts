/* The entry of a worker: search when asked to, link, steal, park. No policy of its own. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import { endThread, fromParent, toParent } from "../runtime/parent.node.ts";
import { Control } from "./control.ts";
import { hitsOfShare } from "./hits-of-share.ts";
import { linkerOf } from "./linker.ts";
import { Measuring } from "./measuring.ts";
import type { FromWorker, MeasureMessage, SearchMessage, StartMessage, ToWorker } from "./protocol.ts";
import { RepairFailed, repairOwn } from "./seats.ts";
import { takeSeats } from "./take-seats.ts";

const PARK_MS = 50;
const FAILURES_IN_A_ROW = 100;

let seats: Seat[] = [];
const searches: SearchMessage[] = [];
const measures: MeasureMessage[] = [];
let interrupt = () => {};

fromParent((message: ToWorker) => {
  if (message.type === "start") void run(message);
  else if (message.type === "search") {
    searches.push(message);
    interrupt();
  } else if (message.type === "measure") {
    measures.push(message);
    interrupt();
  } else {
    const seat = seats[message.partition];
    if (seat) calls.armFault(seat, message.point, message.countdown);
  }
});

async function run(start: StartMessage): Promise<void> {
  const { settings, worker } = start;
  const control = new Control(start.control);
  const taken = takeSeats(start, start.seat);
  if (taken === null) {
    while (!control.stopping(worker))
      if (!(await control.park(worker, control.wakes(worker), PARK_MS, () => false))) await nextTurn();
    return endThread();
  }
  seats = taken;
  const loop = linkerOf(seats, worker, settings, control);
  interrupt = () => control.wake(worker);
  control.setAlive(worker, true);
  toParent({ type: "ready" } satisfies FromWorker);
  const measuring = new Measuring(seats, measures, (ms) => control.count(worker, "busyMs", ms));
  let failures = 0;
  while (!control.stopping(worker)) {
    for (let search = searches.shift(); search !== undefined; search = searches.shift()) toParent(searchShare(search));
    try {
      const seen = control.wakes(worker);
      const worked = loop.step();
      failures = 0;
      const measured = measuring.step();
      if (measured !== null) toParent(measured satisfies FromWorker);
      const hasMore = () => searches.length > 0 || measuring.hasMore || (!loop.isBlocked && loop.hasWork());
      if (worked || !(await control.park(worker, seen, loop.restMs, hasMore))) await nextTurn();
    } catch (trap) {
      const message = trap instanceof Error ? (trap.stack ?? trap.message) : String(trap);
      toParent({ type: "trap", message } satisfies FromWorker);
      // The pool repairs its seats and starts a fresh one.
      if (trap instanceof RepairFailed || ++failures === FAILURES_IN_A_ROW) throw trap;
      await nextTurn();
    }
  }
  control.setAlive(worker, false);
  endThread();
}

function searchShare({ id, partition, space, queries, job }: SearchMessage): FromWorker {
  const seat = seats[partition]!;
  try {
    const all = hitsOfShare(seat, space, queries, job);
    if (typeof all === "number") return { type: "failed", id, message: `the core refused with ${all}` };
    const { row, vector } = job.wanted;
    const flat = all.flat();
    return {
      ...{ type: "searched", id, keys: flat.map(({ key }) => key) },
      distances: Float32Array.from(flat, ({ distance }) => distance),
      counts: Uint32Array.from(all, (hits) => hits.length),
      rows: row ? flat.map((hit) => hit.row ?? null) : null,
      vectors: vector ? flat.map((hit) => hit.vector) : null,
    };
  } catch (trap) {
    repairOwn([seat]);
    return { type: "failed", id, message: String(trap) };
  }
}
