/* How is a snapshot of a space taken, for a file or for a stream? A seat takes one at a time. */
import { E_MEMORY, E_MORE, E_STALE, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { outOfMemory } from "../core/refusals.ts";
import type { Seat } from "../core/seat.ts";
import { nextTurn } from "../runtime/event-loop.ts";

/** Calls the core until nothing that it needs is busy. */
export type WhenFree = <T>(call: () => T | typeof calls.AGAIN) => Promise<T>;

/** For a thread that has nothing else to do: it comes back in later turns, where it doesn't sleep in the core. */
export const asLongAsItTakes: WhenFree = (call) => calls.eventually(call, Number.POSITIVE_INFINITY);

/** A snapshot of a space that is being taken. `release` calls the core at its end, by default like `whenFree`. */
export class Cut {
  /** Number of the last op in it. */
  sequence = 0;
  /** Whether all of its frames were read: not if the space was dropped before. */
  isWhole = false;

  constructor(
    private readonly seat: Seat,
    private readonly space: calls.SpaceAt,
    private readonly whenFree: WhenFree,
    private readonly release: (call: () => number) => Promise<number> = whenFree,
  ) {}

  /** Its frames, each valid until the next one is requested. The seat has no other use. Rejects with OUT_OF_MEMORY. */
  async *frames(): AsyncGenerator<Uint8Array> {
    const { seat, space, whenFree } = this;
    try {
      this.sequence = await whenFree(() => calls.startSnapshot(seat, space));
      if (this.sequence === E_STALE) return;
      if (this.sequence === E_MEMORY) throw outOfMemory("for the notes of a snapshot");
      for (;;) {
        const bytes = await whenFree(() => calls.nextFrame(seat));
        this.isWhole = bytes === OK;
        if (bytes > 0) yield seat.intakeBytes.subarray(0, bytes);
        else if (bytes === E_MORE) await nextTurn();
        else if (bytes === E_MEMORY) throw outOfMemory("for a row of a snapshot");
        else return;
      }
    } finally {
      await this.release(() => calls.endSnapshot(seat));
    }
  }
}
