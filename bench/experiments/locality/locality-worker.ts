// What does a worker of measure.ts do? It claims a batch of its own home or of any, links it, and so on to the end.

import { parentPort, workerData } from "node:worker_threads";
import * as calls from "../../../src/core/calls.ts";
import { Seat } from "../../../src/core/seat.ts";
import { Random } from "../../datasets/random.ts";
import { linkClaims } from "../../kit/bare-core.ts";
import type { LocalityStart } from "./measure.ts";

const { module, memory, seat: number, worker, workers, batch, assignment } = workerData as LocalityStart;
const own = Seat.join(module, memory, number, true);
const random = new Random(number);
const port = parentPort!;

const homes = assignment === "fixed" ? [worker] : Array.from({ length: workers }, (_, home) => home);

port.once("message", () => {
  while (homes.some((home) => calls.depthOf(own, home) > 0)) {
    calls.claim(own, homes[random.below(homes.length)]!, batch, false);
    linkClaims(own, batch);
  }
  port.postMessage("done");
});
port.postMessage("ready");
