/* What does a refusal of the core mean? */
import { E_DAMAGED, E_JOURNAL_STUCK, E_MEMORY, E_NOT_FINITE, E_OVERFLOW, E_ZERO } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import type { Seat } from "./seat.ts";

/** The error for an answer of that seat's core. `whyStuck` is asked where the index is kept and the disk refuses. */
export function refusalOf(answer: number, seat: Seat, which: string, whyStuck: () => string): HnswError {
  switch (answer) {
    case E_NOT_FINITE:
      return new HnswError("NOT_FINITE", `${which} holds NaN or an infinity at position ${seat.infoAt(0)}.`);
    case E_OVERFLOW:
      return new HnswError("NORM_OVERFLOW", `${which} is too long: its squared norm must stay below 2^124.`);
    case E_ZERO: {
      const rule = "under cosine a vector needs a direction, with a squared norm of at least 1e-30";
      return new HnswError("ZERO_VECTOR", `${which} is zero or nearly so: ${rule}.`);
    }
    case E_MEMORY: {
      seat.core.partitionInfo();
      const [used, limit] = [seat.infoAt(0), seat.infoAt(2)].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
      const cure = "raise `memoryLimit`, use more `partitions`, drop spaces, or delete vectors";
      return new HnswError("OUT_OF_MEMORY", `The partition is full (${used} of ${limit} in use): ${cure}.`);
    }
    case E_JOURNAL_STUCK:
      return new HnswError("JOURNAL_FAILED", whyStuck());
    case E_DAMAGED:
      return new HnswError("DAMAGED", "This partition could not be put right after a bug and takes no more ops.");
    default:
      return new HnswError("INTERNAL", `The core answered ${answer}.`);
  }
}
