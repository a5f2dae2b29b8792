/*
 * Who works on an index that one thread has for itself? Its only seat. What a call accepts is linked before the call
 * returns, and nothing goes on afterwards: no thread, timer or promise keeps the index from being collected.
 *
 * A compaction is the one work that outlasts a call: each op moves as many vectors of it as cost about what linking does,
 * so that no single op pays for all.
 */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { IN_MEMORY } from "../engine/durability.ts";
import { FieldBoard } from "../engine/field-board.ts";
import { Handle } from "../engine/handle.ts";
import { DONE, MORE, type Outcome } from "../engine/waiting-line.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import { warn } from "../runtime/platform.ts";
import { Control, controlBlock } from "../workers/control.ts";
import { Expiry } from "./expiry.ts";

const LINKED_AT_ONCE = 4096;
/** Ops for which a compaction, which moves up to 64 vectors in a step, makes one more step. */
const OPS_PER_STEP = 16;
const MOST_TRIES = 1000;
const MOST_IDLE = 3;
const NOTHING = -1;

export class SyncHandle extends Handle {
  /** Whether something may wait to be linked, or to be moved by a compaction. */
  private hasWork = true;
  private readonly expiry = new Expiry(this, Date.now());

  constructor(
    readonly seat: Seat,
    settings: Settings,
  ) {
    super([seat], settings, new Control(controlBlock(false)), null, IN_MEMORY, new FieldBoard({ shared: false }));
  }

  override wake(): void {
    this.hasWork = true;
  }

  /** Does an op and links what it added. `ops`: how many it stands for. Throws what refuses it. */
  do(attempt: () => Outcome, ops = 1): void {
    const start = performance.now();
    for (let tries = 0; tries < MOST_TRIES; ) {
      this.assertOpen();
      const outcome = attempt();
      if (outcome === DONE) this.latency.accept.add(performance.now() - start);
      if (outcome === DONE) this.expiry.step(Date.now());
      const moved = this.link(Math.ceil(ops / OPS_PER_STEP));
      if (outcome === DONE) return;
      // An op without room has it once something is linked. One that goes on may fill a portion, which is linked when it is full.
      tries = moved || outcome === MORE ? 0 : tries + 1;
    }
    throw new HnswError("INTERNAL", "An op finds no room, and nothing is left to link.");
  }

  /** What a read finds, which no other thread can keep from it. */
  look<T>(attempt: () => T | typeof calls.AGAIN): T {
    return calls.insist(() => {
      this.assertOpen();
      return attempt();
    });
  }

  /** Goes on with compactions for some steps, and links everything that waits. Returns whether it did anything. */
  link(steps: number): boolean {
    if (!this.hasWork && calls.depthOf(this.seat, 0) === 0) return false;
    const start = performance.now();
    let [done, moved] = [0, 0];
    let waits = false;
    for (let step = 0; step < steps; step++) {
      const some = this.linkBatch(1, true);
      waits = some === 0; // a compaction, for memory
      if (some <= 0) break;
      moved += some;
    }
    for (let idle = 0; idle < MOST_IDLE; ) {
      const some = this.linkBatch(LINKED_AT_ONCE, false);
      if (some === NOTHING) break;
      idle = some > 0 ? 0 : idle + 1; // of a dropped space
      done += some;
    }
    if (moved > 0) calls.tidy(this.seat);
    this.hasWork = waits || calls.nextUnlinked(this.seat, 0) !== null;
    this.control.count(0, "busyMs", performance.now() - start);
    return done + moved > 0;
  }

  /**
   * Works off up to `most` ops, or steps of compactions. Returns how many, NOTHING where none were found. A slot that can't
   * be linked is tried again, and set aside if it fails once more.
   */
  private linkBatch(most: number, compact: boolean): number {
    const { seat, control } = this;
    let [linked, moved] = [0, 0];
    const start = performance.now();
    try {
      if (calls.claim(seat, 0, most, compact) === 0) return NOTHING;
      for (let more = true; more; ) {
        const done = calls.link(seat, most);
        more = done.more && done.linked + done.moved + done.effort > 0;
        linked += done.linked;
        moved += done.moved;
      }
    } catch (trap) {
      calls.repairSeat(seat);
      control.count(0, "traps", 1);
      warn(`linking trapped: ${String(trap)}`);
    }
    control.count(0, "batches", 1);
    control.set(0, "lastBatch", linked);
    control.count(0, "linked", linked);
    if (linked > 0) control.tookToLink(0, (performance.now() - start) / linked, linked);
    control.count(0, "moved", moved);
    return linked + moved;
  }

  /** Ends the index. */
  end(): void {
    this.close();
    this.control.close();
  }

  /** Links everything, deletes what has expired, and runs compactions to their end. */
  finish(): void {
    const work = () => {
      while (this.linkBatch(LINKED_AT_ONCE, true) > 0);
    };
    work();
    if (this.expiry.finish(Date.now()) > 0) work();
    calls.tidy(this.seat);
    this.hasWork = calls.nextUnlinked(this.seat, 0) !== null;
  }
}
