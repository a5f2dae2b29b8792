// Where do the ops come from? One thread in a closed loop that waits for room, or arrivals at a rate, room or not.

import type { Random } from "../datasets/random.ts";
import { Dealer } from "../kit/loads.ts";
import type { Costs } from "./costs.ts";
import type { Events } from "./events.ts";
import type { Queues } from "./queues.ts";
import type { VirtualWorker } from "./worker.ts";

const QUANTUM_MS = 2; // how long addMany keeps the event loop at a time
const TICK_MS = 0.25;

export interface Intake {
  events: Events;
  queues: Queues;
  costs: Costs;
  workers: VirtualWorker[];
  maxPending: number;
  /** `threads`: how many accept now. */
  setAccepting(threads: number): void;
  /** How much longer accepting takes now than on an idle machine. */
  crowding(): number;
}

export interface Producer {
  /** Ops accepted so far. */
  accepted: number;
  /** Ops that wait for room outside. */
  waiting: number;
  /** Whether all ops there will ever be have been accepted. */
  readonly done: boolean;
  start(): void;
  /** Some ops were linked: there may be room. */
  progressed(): void;
}

function accept({ queues, workers, events }: Intake, space: number, ops: number): void {
  const target = queues.spaces[space]!;
  if (queues.accept(target, ops, events.now)) workers[target.home]!.wake();
}

function room({ queues, maxPending }: Intake, space: number): number {
  const { count, linked, eligible } = queues.spaces[space]!;
  return eligible ? Math.max(0, maxPending - (count - linked)) : maxPending;
}

/**
 * Each space's ops in slices of addMany, one per space at a time: they stand in one line, and when the space of the first
 * is full, nothing passes it, as in src/engine/waiting-line.ts.
 */
export class ClosedLoop implements Producer {
  accepted = 0;
  waiting: number;
  private readonly intake: Intake;
  private readonly line: { space: number; ops: number }[] = [];
  private readonly left: number[];
  private readonly slice: number;
  private blocked = false;

  constructor(intake: Intake, ops: number[], slice: number) {
    this.intake = intake;
    this.left = [...ops];
    this.slice = slice;
    this.waiting = ops.reduce((sum, count) => sum + count, 0);
    for (let space = 0; space < ops.length; space++) this.enter(space);
  }

  get done(): boolean {
    return this.waiting === 0;
  }

  start(): void {
    this.quantum();
  }

  progressed(): void {
    if (!this.blocked || room(this.intake, this.line[0]!.space) === 0) return;
    this.blocked = false;
    this.intake.events.after(this.intake.costs.wakeMicroseconds / 1e3, () => this.quantum());
  }

  private enter(space: number): void {
    const ops = Math.min(this.slice, this.left[space]!);
    if (ops === 0) return;
    this.left[space] = this.left[space]! - ops;
    this.line.push({ space, ops });
  }

  /** Accepts at the head of the line for 2 ms at most. */
  private quantum(): void {
    const { events, costs } = this.intake;
    const first = this.line[0];
    if (!first) {
      this.intake.setAccepting(0);
      return;
    }
    const affordable = Math.max(1, Math.floor(QUANTUM_MS / (costs.acceptMicroseconds / 1e3)));
    const ops = Math.min(first.ops, affordable, room(this.intake, first.space));
    if (ops === 0) {
      this.blocked = true;
      this.intake.setAccepting(0);
      return;
    }
    this.intake.setAccepting(1);
    events.after(((ops * costs.acceptMicroseconds) / 1e3) * this.intake.crowding(), () => {
      accept(this.intake, first.space, ops);
      this.accepted += ops;
      this.waiting -= ops;
      first.ops -= ops;
      if (first.ops === 0) {
        this.line.shift();
        this.enter(first.space);
      }
      this.quantum();
    });
  }
}

export interface Arrivals {
  perSecond: number;
  /** How long they go on; with an `order` of spaces, until all those ops are linked. */
  seconds: number;
  order?: number[];
  threads: number;
  /** Arrivals within this time come at once; a fraction of a millisecond if not given. */
  tickMs?: number;
}

/** Poisson arrivals over some threads, each with a line of its own in which nothing passes the first. */
export class OpenLoop implements Producer {
  accepted = 0;
  waiting = 0;
  private readonly intake: Intake;
  private readonly random: Random;
  private readonly dealer: Dealer;
  private readonly tickMs: number;
  private readonly perTick: number;
  private readonly endMs: number;
  private left: number;
  private readonly order: number[] | null;
  private readonly lines: number[][];
  private readonly heads: number[];
  private nextLine = 0;

  constructor(intake: Intake, shares: readonly number[], rate: Arrivals, random: Random) {
    this.intake = intake;
    this.random = random;
    this.dealer = new Dealer(shares, random);
    this.tickMs = rate.tickMs ?? TICK_MS;
    this.perTick = (rate.perSecond / 1e3) * this.tickMs;
    this.endMs = rate.order === undefined ? rate.seconds * 1e3 : Number.POSITIVE_INFINITY;
    this.left = rate.order?.length ?? Number.POSITIVE_INFINITY;
    this.order = rate.order ?? null;
    this.lines = Array.from({ length: rate.threads }, () => []);
    this.heads = this.lines.map(() => 0);
    intake.setAccepting(Math.min(rate.threads, (rate.perSecond * intake.costs.acceptMicroseconds) / 1e6));
  }

  get done(): boolean {
    return this.left === 0 && this.waiting === 0;
  }

  start(): void {
    this.tick();
  }

  progressed(): void {
    for (let line = 0; line < this.lines.length; line++) this.drain(line);
  }

  private tick(): void {
    for (let ops = Math.min(this.left, poisson(this.perTick, this.random)); ops > 0; ops--) {
      const line = this.nextLine++ % this.lines.length;
      const space = this.order === null ? this.dealer.next() : this.order[this.order.length - this.left]!;
      this.left--;
      if (this.lines[line]!.length === 0 && room(this.intake, space) > 0) {
        accept(this.intake, space, 1);
        this.accepted++;
      } else {
        this.lines[line]!.push(space);
        this.waiting++;
      }
    }
    if (this.left > 0 && this.intake.events.now < this.endMs) this.intake.events.after(this.tickMs, () => this.tick());
    else this.intake.setAccepting(0);
  }

  private drain(line: number): void {
    const ops = this.lines[line]!;
    let head = this.heads[line]!;
    for (; head < ops.length && room(this.intake, ops[head]!) > 0; head++) {
      accept(this.intake, ops[head]!, 1);
      this.accepted++;
      this.waiting--;
    }
    if (head === ops.length || head > 65536) {
      ops.splice(0, head);
      head = 0;
    }
    this.heads[line] = head;
  }
}

/** Knuth's method where few come, the normal approximation where many do. */
export function poisson(mean: number, random: Random): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let product = 1;
  let count = -1;
  for (const floor = Math.exp(-mean); product > floor; count++) product *= random.uint32() / 2 ** 32;
  return count;
}
