/*
 * Does a thread that attached still run? If it ended without closing its handle, a thread that gives tickets finds that
 * out by the number that it left beside its seat, repairs what it held and frees the seat (where the system tells).
 *
 * The seat's word goes from "attached" to "ended" by compare-and-exchange, so that one thread repairs; then the number is
 * looked at again: if another handle has the seat by now, the word goes back.
 */
import type { Seat } from "../core/seat.ts";
import { letGo } from "../runtime/event-loop.ts";
import { hasEnded, threadNumber } from "../runtime/system-thread.ts";
import type { Control } from "./control.ts";
import { repairSeats } from "./seats.ts";

const LOOK_MS = 500;

export class AttachedThreads {
  private watching = false;
  private own = 0;

  constructor(
    private readonly control: Control,
    /** Of the calling thread. */
    private readonly seats: Seat[],
    private readonly isClosed: () => boolean,
  ) {}

  /**
   * Looks from time to time while the handle is open. Also where the system does not tell: what it refers to keeps the
   * index open for the other threads, even if its own one refers to it no longer.
   */
  watch(): void {
    if (this.watching) return;
    this.watching = true;
    this.own = threadNumber();
    const looks = setInterval(() => {
      if (this.isClosed()) clearInterval(looks);
      else this.look();
    }, LOOK_MS);
    letGo(looks);
  }

  private look(): void {
    for (const { seat, thread } of this.control.attached()) {
      if (!hasEnded(thread, this.own) || !this.control.claimEnded(seat, thread)) continue;
      repairSeats(this.seats, this.control, seat);
      this.control.leaveSeat(seat);
    }
  }
}
