/*
 * What does a thread that links do next? The loop of a worker, one bounded step at a time; the calling thread runs the
 * same steps itself when there are no workers. Decisions come from scheduler/, the clock is passed in.
 */

import type { Seat } from "../core/seat.ts";
import type { Settings } from "../options/open.ts";
import { batchSize } from "../scheduler/batching.ts";
import { chooseVictim, stealSize } from "../scheduler/stealing.ts";
import type { Control } from "./control.ts";

const SLICE_MS = 5; // a call into the core can't be stopped, so it is kept this short
const FIRST_SLICE_OPS = 8;
const LARGEST_SLICE_OPS = 4096;
const SMOOTHING = 0.2; // weight of the newest slice in the cost of an op

export type Clock = () => number;

export class LinkLoop {
  /** Milliseconds that linking one op takes, smoothed; 0 before the first. */
  private msPerOp = 0;
  /** The seat whose claims are being worked off. */
  private current: Seat | null = null;
  private nextPartition = 0;
  private readonly depths: Float64Array;
  private readonly seats: Seat[];
  private readonly worker: number;
  private readonly workers: number;
  private readonly settings: Settings;
  private readonly control: Control;
  private readonly now: Clock;

  /** `worker`: whose home queues these are; `workers`: how many homes there are, at least 1. */
  constructor(seats: Seat[], worker: number, settings: Settings, control: Control, now: Clock) {
    this.seats = seats;
    this.worker = worker;
    this.workers = Math.max(1, settings.workers);
    this.settings = settings;
    this.control = control;
    this.now = now;
    this.depths = new Float64Array(this.workers);
    // A worker that sat here before may have left claims.
    this.current = seats.find((seat) => seat.core.hasClaims() !== 0) ?? null;
  }

  /** One slice of at most about 5 ms. False when there is nothing to do. A trap is put right and thrown on. */
  step(): boolean {
    const start = this.now();
    let worked = false;
    try {
      // A compaction that waits for memory takes a claim and does nothing: no reason not to help others.
      worked = this.workOn(this.current ?? this.takeOwn(), start) || this.workOn(this.steal(), start);
      if (!worked) for (const seat of this.seats) seat.core.tidy();
    } catch (trap) {
      for (const seat of this.seats) seat.core.repairSeat(seat.number);
      this.current = this.seats.find((seat) => seat.core.hasClaims() !== 0) ?? null;
      this.control.count(this.worker, "traps", 1);
      this.control.progressed();
      throw trap;
    }
    this.control.count(this.worker, "busyMs", this.now() - start);
    return worked;
  }

  /** Whether a step would find something, own or to steal. */
  hasWork(): boolean {
    if (this.current !== null) return true;
    this.readDepths();
    return this.depths[this.worker]! > 0 || chooseVictim(this.worker, this.depths, this.settings.stealing) >= 0;
  }

  /** Links for one slice. False when nothing was done, as without a seat. */
  private workOn(seat: Seat | null, start: number): boolean {
    if (seat === null) return false;
    const affordable = this.msPerOp > 0 ? SLICE_MS / this.msPerOp : FIRST_SLICE_OPS;
    const more = seat.core.link(Math.max(1, Math.min(LARGEST_SLICE_OPS, Math.floor(affordable)))) !== 0;
    const linked = seat.infoAt(0);
    const moved = seat.infoAt(1);
    this.current = more ? seat : this.seatWithClaims();
    if (linked > 0) {
      const cost = (this.now() - start) / linked;
      this.msPerOp = this.msPerOp === 0 ? cost : this.msPerOp + SMOOTHING * (cost - this.msPerOp);
      this.control.count(this.worker, "linked", linked);
    }
    if (moved > 0) this.control.count(this.worker, "moved", moved);
    // Only what was done counts: a compaction that finds no memory must not keep a flush from giving up.
    if (linked + moved > 0) this.control.progressed();
    return linked + moved > 0;
  }

  private seatWithClaims(): Seat | null {
    for (const seat of this.seats) if (seat.core.hasClaims() !== 0) return seat;
    return null;
  }

  /** A batch of the own queues, over all partitions in turn. */
  private takeOwn(): Seat | null {
    this.readDepths();
    const depth = this.depths[this.worker]!;
    const claimed = this.claim(this.worker, batchSize(depth, this.msPerOp, this.settings.batching), true);
    if (claimed === 0) return null;
    if (depth > 0) {
      this.control.count(this.worker, "batches", 1);
      this.control.set(this.worker, "lastBatch", claimed);
    }
    if (depth > this.settings.stealing.threshold) this.wakeThief();
    return this.seatWithClaims();
  }

  /** Part of what waits for the busiest other worker; nothing while own claims are left. */
  private steal(): Seat | null {
    if (this.current !== null) return null;
    this.readDepths();
    const victim = chooseVictim(this.worker, this.depths, this.settings.stealing);
    if (victim < 0) return null;
    const depth = this.depths[victim]!;
    const stolen = this.claim(victim, stealSize(depth, this.msPerOp, this.settings.stealing), false);
    if (stolen === 0) return null;
    // A thief that found much calls the next one: the victim would call one a batch, and much comes at once.
    if (depth - stolen > this.settings.stealing.threshold) this.wakeThief();
    this.control.count(this.worker, "steals", 1);
    this.control.count(this.worker, "stolen", stolen);
    this.control.count(this.worker, "batches", 1);
    this.control.set(this.worker, "lastBatch", stolen);
    return this.seatWithClaims();
  }

  /** Claims up to `most` ops of a home's queues, starting with another partition each time. */
  private claim(home: number, most: number, compact: boolean): number {
    let claimed = 0;
    const first = this.nextPartition++;
    for (let i = 0; i < this.seats.length && claimed < most; i++) {
      const { core } = this.seats[(first + i) % this.seats.length]!;
      claimed += core.claim(home, most - claimed, compact ? 1 : 0);
    }
    return claimed;
  }

  private readDepths(): void {
    for (let worker = 0; worker < this.workers; worker++) {
      let depth = 0;
      // A claim may be counted a moment before the op that it takes: below 0 then.
      for (const seat of this.seats) depth += Math.max(0, seat.core.depthOf(worker));
      this.depths[worker] = depth;
    }
  }

  private wakeThief(): void {
    if (!this.settings.stealing.enabled) return;
    for (let other = 0; other < this.workers; other++) {
      if (other === this.worker || !this.control.isParked(other)) continue;
      this.control.wake(other);
      return;
    }
  }
}
