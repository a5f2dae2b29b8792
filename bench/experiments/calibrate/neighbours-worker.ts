// What does one of the two workers of neighbours.ts do? The one that leads sets the turns and times its own ops in each;
// the other does what the turn says.

import { parentPort, workerData } from "node:worker_threads";
import * as calls from "../../../src/core/calls.ts";
import { Seat } from "../../../src/core/seat.ts";
import { linkClaims } from "../../kit/bare-core.ts";
import { type NeighbourStart, PHASES, type Turn } from "./neighbours.ts";

const SLICE = 16; // ops
const SETTLING = 4; // slices that are not counted at the beginning of a turn
const SLICES = 20;
const WARM_OPS = 3000;

const { module, memory, seat: number, turn, leads } = workerData as NeighbourStart;
const own = Seat.join(module, memory, number, true);

function link(home: number): void {
  if (!calls.hasClaims(own)) calls.claim(own, home, SLICE, false);
  linkClaims(own, SLICE);
}

function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function lead(): Turn[] {
  const turns: Turn[] = [];
  for (let ops = 0; ops < WARM_OPS; ops += SLICE) link(0);
  for (let i = 0; calls.depthOf(own, 0) > 2 * SLICE * (SETTLING + SLICES) && calls.depthOf(own, 1) > 0; i++) {
    const phase = i % PHASES.length;
    Atomics.store(turn, 0, phase);
    Atomics.notify(turn, 0);
    for (let slice = 0; slice < SETTLING; slice++) link(0);
    const before = cpuMicroseconds();
    for (let slice = 0; slice < SLICES; slice++) link(0);
    turns.push({ phase: PHASES[phase]!, cost: (cpuMicroseconds() - before) / (SLICE * SLICES) });
  }
  return turns;
}

function follow(): void {
  while (calls.depthOf(own, 1) > 0) {
    const phase = Atomics.load(turn, 0);
    if (PHASES[phase] === "alone") Atomics.wait(turn, 0, phase, 100);
    else link(PHASES[phase] === "beside" ? 1 : 0);
  }
}

const port = parentPort!;
port.once("message", () => {
  if (leads) port.postMessage(lead());
  else follow();
});
port.postMessage("ready");
