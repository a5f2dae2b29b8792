/* How does a thread link in the core? The link loop over its seats, by the policies that the index was opened with. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import type { Settings } from "../options/open.ts";
import { batchSize } from "../scheduler/batching.ts";
import { isWorthBulk } from "../scheduler/portions.ts";
import { chooseVictim, stealSize } from "../scheduler/stealing.ts";
import type { Control } from "./control.ts";
import { type LinkedPartition, LinkLoop, type LinkPolicy } from "./link-loop.ts";
import { repairOwn } from "./seats.ts";

/** The loop of a worker, or with `worker` 0 of the calling thread where there are none. */
export function linkerOf(seats: Seat[], worker: number, settings: Settings, control: Control): LinkLoop {
  const workers = Math.max(1, settings.workers);
  const [partitions, policy] = [seats.map(linkedPartition), policyOf(settings)];
  return new LinkLoop({ partitions, worker, workers, policy, control, now: () => performance.now() });
}

export function policyOf({ batching, stealing }: Pick<Settings, "batching" | "stealing">): LinkPolicy {
  return {
    batchSize: (depth, msPerOp) => batchSize(depth, msPerOp, batching),
    chooseVictim: (thief, depths) => chooseVictim(thief, depths, stealing),
    stealSize: (depth, msPerOp) => stealSize(depth, msPerOp, stealing),
    isWorthStealing: (depth) => stealing.enabled && depth > stealing.threshold,
    helps: stealing.enabled,
    isWorthBulk: (idle) => isWorthBulk(idle, stealing.enabled),
  };
}

function linkedPartition(seat: Seat): LinkedPartition {
  return {
    depthOf: (home) => calls.depthOf(seat, home),
    claim: (home, most, compact, singly) => calls.claim(seat, home, most, compact, singly),
    canHelp: () => calls.canHelp(seat),
    joinBulk: () => calls.joinBulk(seat),
    hasClaims: () => calls.hasClaims(seat),
    link: (most) => calls.link(seat, most),
    tidy: () => calls.tidy(seat),
    repair: () => repairOwn([seat]),
  };
}
