/* What does a refusal of the core mean to a user? */
import {
  E_DAMAGED,
  E_JOURNAL_STUCK,
  E_MEMORY,
  E_NOT_FINITE,
  E_OVERFLOW,
  E_ROW_LARGE,
  E_UNDERFLOW,
  E_ZERO,
} from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import { partitionInfo, type Refusal } from "./calls.ts";
import type { Seat } from "./seat.ts";

/** Refusals of a vector, which no space takes. */
export const UNFIT: ReadonlySet<number> = new Set([E_NOT_FINITE, E_OVERFLOW, E_UNDERFLOW, E_ZERO]);

/** The error for a refusal, right after the call. `which`: the vector concerned; `journal`: that of a stuck journal. */
export function refusalOf(refusal: Refusal, seat: Seat, which: string, journal: () => HnswError): HnswError {
  switch (refusal) {
    case E_NOT_FINITE:
      return new HnswError("NOT_FINITE", `${which} holds NaN or an infinity at position ${seat.infoAt(0)}.`);
    case E_OVERFLOW:
      return new HnswError("NORM_OVERFLOW", `${which} is too long: its squared norm must stay below 2^124.`);
    case E_UNDERFLOW: {
      const rule = "unless it is zero, its squared norm must be at least 1e-35";
      return new HnswError("NORM_UNDERFLOW", `${which} is too short: ${rule}.`);
    }
    case E_ZERO: {
      const rule = "under cosine a vector needs a direction, with a squared norm of at least 1e-30";
      return new HnswError("ZERO_VECTOR", `${which} is zero or nearly so: ${rule}.`);
    }
    case E_MEMORY: {
      const { used, limit } = partitionInfo(seat);
      const full = `${inMiB(used)} of ${inMiB(limit)} in use`;
      const cure = "raise `memoryLimit`, use more `partitions`, drop spaces, or delete vectors";
      return new HnswError("OUT_OF_MEMORY", `The partition is full (${full}): ${cure}.`);
    }
    case E_ROW_LARGE: {
      const why = "with its document it takes more than the journal of a partition this small can hold at once";
      return new HnswError("DOCUMENT_TOO_LARGE", `The entry is too large: ${why}. Raise \`memoryLimit\`.`);
    }
    case E_JOURNAL_STUCK:
      return journal();
    case E_DAMAGED:
      return new HnswError("DAMAGED", "A bug damaged this partition beyond repair; it accepts no more ops.");
    default:
      return new HnswError("INTERNAL", `The core returned ${refusal}.`);
  }
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** For notes that a walk, a snapshot or a census would take. `what`: "for the notes of a census". */
export function outOfMemory(what: string): HnswError {
  return new HnswError("OUT_OF_MEMORY", `There is no memory left ${what}.`);
}
