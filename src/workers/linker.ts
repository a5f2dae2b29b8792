/* How does a thread link in the core? The link loop over its seats, by the policies that the index was opened with. */
import type { Seat } from "../core/seat.ts";
import type { Settings } from "../options/open.ts";
import { batchSize } from "../scheduler/batching.ts";
import { chooseVictim, stealSize } from "../scheduler/stealing.ts";
import type { Control } from "./control.ts";
import { type LinkedPartition, LinkLoop, type LinkPolicy } from "./link-loop.ts";

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
  };
}

function linkedPartition(seat: Seat): LinkedPartition {
  const { core } = seat;
  return {
    // A claim may be counted a moment before the op that it takes: below 0 then.
    depthOf: (home) => Math.max(0, core.depthOf(home)),
    claim: (home, most, compact) => core.claim(home, most, compact ? 1 : 0),
    hasClaims: () => core.hasClaims() !== 0,
    link(ops) {
      const more = core.link(ops) !== 0;
      return { linked: seat.infoAt(0), moved: seat.infoAt(1), more };
    },
    tidy: () => void core.tidy(),
    repair: () => void core.repairSeat(seat.number),
  };
}
