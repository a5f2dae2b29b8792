/* A thread of cold-threads.ts: joins a partition, waits for the others, links until nothing waits, says how it went. */
import { parentPort } from "node:worker_threads";
import { Seat } from "../../src/core.ts";
import type { LinkTask } from "./cold-threads.ts";

const port = parentPort!;

port.on("message", ({ module, memory, dimensions, seat, threads, ready }: LinkTask) => {
  const { core } = Seat.join(module, memory, seat, dimensions, true);
  const waiting = () => {
    let ops = 0;
    for (let home = 0; home < threads; home++) ops += Math.max(0, core.depthOf(home));
    return ops;
  };
  Atomics.add(ready, 0, 1);
  while (Atomics.load(ready, 0) < threads);
  try {
    while (waiting() > 0) {
      // Both in the same spaces at times: which ones is chance, as is what the engine does meanwhile.
      core.claim(Math.floor(Math.random() * threads), 10, 0);
      while (core.link(10) !== 0);
    }
    port.postMessage("linked");
  } catch (error) {
    port.postMessage(String(error));
  }
});
