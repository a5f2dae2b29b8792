/*
 * What does a thread that links do next? The loop of a worker, one bounded step at a time; the calling thread runs the
 * same steps itself when there are no workers. A simulation passes in partitions, policy and a clock of its own.
 */
import type { Linked } from "../core/calls.ts";
import type { Control } from "./control.ts";

const IDLE_MS = 2000; // the thread that makes work wakes its worker
const WAITING_MS = 50; // where something waits that no thread announces
const BLOCKED_MS = 2; // where ops wait that can't be claimed yet: those before a portion are being linked
const CALL_MS = 5; // a call into the core can't be interrupted, so it is kept this short
const FIRST_SLICE_OPS = 8;
const LARGEST_SLICE_OPS = 4096;
const SMOOTHING = 0.2; // weight of the newest slice in the cost of an op

/** What the scheduler decides for the loop. `msPerOp`: what linking an op takes, 0 if it is not known yet. */
export interface LinkPolicy {
  batchSize(depth: number, msPerOp: number): number;
  /** The worker to steal from, or −1. `depths[w]`: ops that wait for worker w. */
  chooseVictim(thief: number, depths: ArrayLike<number>): number;
  stealSize(depth: number, msPerOp: number): number;
  /** Whether `depth` waiting ops are worth waking an idle worker for. */
  isWorthStealing(depth: number): boolean;
  /** Whether an idle worker helps with the portion of another. */
  helps: boolean;
  /** Whether a portion is linked as a whole, with that many others idle; else all link its ops one by one. */
  isWorthBulk(idle: number): boolean;
}

/** What the loop needs of a partition: calls of the core, as core/calls.ts documents them. */
export interface LinkedPartition {
  depthOf(home: number): number;
  claim(home: number, most: number, compact: boolean, singly: boolean): number;
  /** Whether another seat links a portion that this one could help with, as far as can be seen. */
  canHelp(): boolean;
  /** Joins it. False where there is none any more, or no memory. */
  joinBulk(): boolean;
  hasClaims(): boolean;
  link(most: number): Linked;
  /** Whether something waits that no thread announces: memory for its last reader. */
  tidy(): boolean;
  repair(): void;
}

export interface LinkSetup {
  partitions: readonly LinkedPartition[];
  /** Whose home queues these are. */
  worker: number;
  /** How many homes there are, at least 1. */
  workers: number;
  policy: LinkPolicy;
  control: Pick<Control, "count" | "set" | "took" | "tookToLink" | "progressed" | "isParked" | "isBusy" | "wake">;
  /** Milliseconds; only differences count. */
  now: () => number;
}

export class LinkLoop {
  private readonly depths: Float64Array;
  /** Milliseconds that linking one op takes, smoothed; 0 before the first. */
  msPerOp = 0;
  /** On ops that were not linked yet: a portion takes several slices before its first. */
  private spentMs = 0;
  /** The partition whose claims are being worked off. */
  private current: LinkedPartition | null;
  private nextPartition = 0;
  /** How long the thread may sleep after a step that did nothing. */
  restMs = IDLE_MS;
  /** Whether the last step found ops that could not be claimed: it is no use to look again before `restMs`. */
  isBlocked = false;

  constructor(private readonly setup: LinkSetup) {
    this.depths = new Float64Array(setup.workers);
    this.current = this.withClaims(); // a worker that had this seat before may have left some
  }

  /** One slice of at most about 5 ms. False when there is nothing to do. A trap is repaired and thrown on. */
  step(): boolean {
    const { partitions, worker, control, now } = this.setup;
    const start = now();
    let worked = false;
    this.isBlocked = false;
    try {
      // A compaction that waits for memory takes a claim and does nothing: no reason not to help others.
      const partition = this.current ?? this.takeOwn();
      worked = this.workOn(partition, start) || this.workOn(this.steal(), start) || this.workOn(this.help(), start);
      if (!worked) this.rest(partition !== null);
    } catch (trap) {
      for (const partition of partitions) partition.repair();
      this.current = this.withClaims();
      control.count(worker, "traps", 1);
      control.progressed();
      throw trap;
    }
    control.count(worker, "busyMs", now() - start);
    return worked;
  }

  /** `waits`: some work was found that could not be done. While others work, there may soon be some to steal. */
  private rest(waits: boolean): void {
    const { partitions, workers, worker, control } = this.setup;
    for (const partition of partitions) waits = partition.tidy() || waits;
    for (let other = 0; other < workers; other++) waits ||= other !== worker && control.isBusy(other);
    this.restMs = this.isBlocked ? BLOCKED_MS : waits ? WAITING_MS : IDLE_MS;
  }

  /** Whether a step would find something, own or to steal. */
  hasWork(): boolean {
    if (this.current !== null) return true;
    const { worker, policy } = this.setup;
    this.readDepths();
    return this.depths[worker]! > 0 || policy.chooseVictim(worker, this.depths) >= 0 || this.toHelp() !== undefined;
  }

  /** Links for one slice. False when nothing was done, as without a partition. */
  private workOn(partition: LinkedPartition | null, start: number): boolean {
    if (partition === null) return false;
    const { worker, control, now } = this.setup;
    const affordable = this.msPerOp > 0 ? CALL_MS / this.msPerOp : FIRST_SLICE_OPS;
    const ops = Math.max(1, Math.min(LARGEST_SLICE_OPS, Math.floor(affordable)));
    const { linked, moved, effort, more } = partition.link(ops);
    this.current = more ? partition : this.withClaims();
    if (effort > 0) {
      const cost = (now() - start) / effort;
      this.msPerOp = this.msPerOp === 0 ? cost : this.msPerOp + SMOOTHING * (cost - this.msPerOp);
    }
    this.spentMs += now() - start;
    if (linked > 0) control.tookToLink(worker, this.spentMs / (linked + moved), linked);
    if (linked + moved > 0 || !more) this.spentMs = 0; // one that helped has none to show
    if (linked > 0) control.count(worker, "linked", linked);
    if (moved > 0) control.count(worker, "moved", moved);
    // Only what was done counts: a compaction that finds no memory must not keep a flush from giving up.
    const worked = linked + moved + effort > 0;
    if (worked) control.progressed();
    return worked;
  }

  private withClaims(): LinkedPartition | null {
    return this.setup.partitions.find((partition) => partition.hasClaims()) ?? null;
  }

  /** A batch of the own queues, over all partitions in turn. */
  private takeOwn(): LinkedPartition | null {
    const { worker, policy } = this.setup;
    this.readDepths();
    const depth = this.depths[worker]!;
    const claimed = this.claim(worker, policy.batchSize(depth, this.msPerOp), true);
    this.isBlocked = claimed === 0 && depth > 0;
    if (claimed === 0) return null;
    if (depth > 0) this.countBatch(claimed);
    if (policy.isWorthStealing(depth)) this.wakeThief();
    return this.withClaims();
  }

  /** Part of what waits for the busiest other worker; nothing while own claims are left. */
  private steal(): LinkedPartition | null {
    if (this.current !== null) return null;
    const { worker, policy, control } = this.setup;
    this.readDepths();
    const victim = policy.chooseVictim(worker, this.depths);
    if (victim < 0) return null;
    const depth = this.depths[victim]!;
    const stolen = this.claim(victim, policy.stealSize(depth, this.msPerOp), false);
    this.isBlocked ||= stolen === 0;
    if (stolen === 0) return null;
    // A thief that found much wakes the next one: the victim would wake one a batch, and much comes at once. With a portion, others
    // can help.
    if (policy.isWorthStealing(depth - stolen) || policy.isWorthStealing(stolen)) this.wakeThief();
    control.count(worker, "steals", 1);
    control.count(worker, "stolen", stolen);
    control.took(worker, victim, stolen);
    this.countBatch(stolen);
    return this.withClaims();
  }

  /** Joins a portion that another worker links; nothing while own claims are left. */
  private help(): LinkedPartition | null {
    const partition = this.current === null ? this.toHelp() : undefined;
    if (partition === undefined) return null;
    const joined = partition.joinBulk();
    this.isBlocked ||= !joined;
    if (!joined) return null;
    this.wakeThief();
    return partition;
  }

  private toHelp(): LinkedPartition | undefined {
    const { partitions, policy } = this.setup;
    return policy.helps ? partitions.find((partition) => partition.canHelp()) : undefined;
  }

  private countBatch(ops: number): void {
    const { worker, control } = this.setup;
    control.count(worker, "batches", 1);
    control.set(worker, "lastBatch", ops);
  }

  /** Claims up to `most` ops of a home's queues, starting with another partition each time. */
  private claim(home: number, most: number, compact: boolean): number {
    const { partitions, policy } = this.setup;
    const singly = !policy.isWorthBulk(this.idleOthers());
    let claimed = 0;
    const first = this.nextPartition++;
    for (let i = 0; i < partitions.length && claimed < most; i++) {
      claimed += partitions[(first + i) % partitions.length]!.claim(home, most - claimed, compact, singly);
    }
    return claimed;
  }

  private readDepths(): void {
    const { partitions, workers } = this.setup;
    for (let worker = 0; worker < workers; worker++) {
      let depth = 0;
      for (const partition of partitions) depth += partition.depthOf(worker);
      this.depths[worker] = depth;
    }
  }

  private idleOthers(): number {
    const { workers, worker, control } = this.setup;
    let idle = 0;
    for (let other = 0; other < workers; other++) if (other !== worker && control.isParked(other)) idle++;
    return idle;
  }

  private wakeThief(): void {
    const { workers, worker, control } = this.setup;
    for (let other = 0; other < workers; other++) {
      if (other === worker || !control.isParked(other)) continue;
      control.wake(other);
      return;
    }
  }
}
