/*
 * When does what has expired give its memory back, where no timer may run? Once a minute the ops delete it, a little each;
 * `flush` deletes all of it.
 */
import { E_MORE, E_STALE, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Handle } from "../engine/handle.ts";

const EVERY_MS = 60_000;

export class Expiry {
  private nextRound: number;
  /** Where the round goes on; null between rounds. */
  private at: { space: calls.SpaceAt; slot: number } | null = null;

  /** `now`: milliseconds since 1970, of the index's beginning. */
  constructor(
    private readonly handle: Handle,
    now: number,
  ) {
    this.nextRound = now + EVERY_MS;
  }

  private get seat() {
    return this.handle.seats[0]!;
  }

  /** Deletes some of what has expired at `now`, in about 100 µs, if a round is due or under way. */
  step(now: number): void {
    if (this.at === null) {
      if (now < this.nextRound) return;
      this.nextRound = now + EVERY_MS;
      this.begin(0);
    }
    this.piece(now);
  }

  /** Deletes everything that has expired at `now`, but for what a compaction is moving. Returns how many entries. */
  finish(now: number): number {
    let removed = 0;
    this.begin(0);
    while (this.at !== null) removed += this.piece(now);
    return removed;
  }

  /** Goes on with the space after an address. */
  private begin(after: number): void {
    const space = this.handle.guarded(() => calls.nextExpiring(this.seat, after));
    this.at = space && { space, slot: 0 };
  }

  private piece(now: number): number {
    const { at, handle } = this;
    if (at === null) return 0;
    const { status, next, removed } = handle.guarded(() => calls.removeExpired(this.seat, at.space, at.slot, now));
    if (removed > 0) handle.wake(0);
    at.slot = next;
    if (status === E_MORE) return removed;
    if (status !== OK && status !== E_STALE) throw handle.refusal(status, this.seat);
    this.begin(at.space.address);
    return removed;
  }
}
