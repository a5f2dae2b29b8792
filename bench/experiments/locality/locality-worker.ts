// What does a worker of measure.ts do? It claims a batch of its own home or of any, links it, and so on to the end.

import { parentPort, workerData } from "node:worker_threads";
import { Seat } from "../../../src/core/seat.ts";
import { Random } from "../../datasets/random.ts";
import type { LocalityStart } from "./measure.ts";

const { module, memory, seat: number, worker, workers, batch, assignment } = workerData as LocalityStart;
const { core } = Seat.join(module, memory, number, true);
const random = new Random(number);
const port = parentPort!;

const waiting = () => {
  let ops = 0;
  for (let home = 0; home < workers; home++) ops += Math.max(0, core.depthOf(home));
  return ops;
};

port.once("message", () => {
  while (assignment === "fixed" ? core.depthOf(worker) > 0 : waiting() > 0) {
    core.claim(assignment === "fixed" ? worker : random.below(workers), batch, 0);
    while (core.link(batch) !== 0);
  }
  port.postMessage("done");
});
port.postMessage("ready");
