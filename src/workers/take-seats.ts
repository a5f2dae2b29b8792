/* How does a thread of this package take its seat in every partition, and what if there is no room for it? */
import { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import { toParent } from "../runtime/parent.node.ts";
import type { RefusedMessage } from "../runtime/thread.ts";
import type { SharedIndex } from "./protocol.ts";

/** Null without room for its scratch: `open` is refused, and the thread waits to be ended, or it would be replaced. */
export function takeSeats({ module, memories }: SharedIndex, seat: number): Seat[] | null {
  try {
    return memories.map((memory) => Seat.join(module, memory, seat, true));
  } catch (error) {
    if (!(error instanceof HnswError && error.code === "OUT_OF_MEMORY")) throw error;
    toParent({ type: "refused", code: error.code, message: error.message } satisfies RefusedMessage);
    return null;
  }
}
