/*
 * What do threads share outside the partitions? One small control block per index.
 *
 *   words    CLOSED, PROGRESS (incremented when work was done), WAITERS (handles that wait for it),
 *            FINGERPRINT and TICKETS (given so far; see tickets.ts),
 *            then SEATS (0 free, 1 taken, 2 attached, 3 its thread has ended, above that the number of the ticket that was
 *            given for it), then THREADS (the number of each attached seat's thread in the process; 0: not known),
 *            then per worker: WAKE (incremented to wake it), PARKED, STOP, ALIVE
 *   figures  per worker, written by that worker only
 *   stolen   ops that a worker has taken from each other one, a row per thief, written by that thief only
 *   linking  how long linking a vector took, per worker, written by that worker only
 *
 * A worker reads WAKE, looks for work, and then parks: PARKED = 1, look once more, wait on WAKE as it was read. A thread that
 * adds work increments WAKE after the work can be seen, and notifies if PARKED. All accesses are sequentially consistent,
 * so no work is left that a worker did not see, even if its last look does not know that kind of work.
 */
import { MAX_SEATS, MAX_WORKERS } from "../../assembly/layout.ts";
import { nextTurn, waitForChange } from "../runtime/event-loop.ts";
import { canShare } from "../runtime/platform.ts";
import { kindOf } from "../values/kind.ts";
import { LATENCY_CELLS, Latencies } from "../values/latencies.ts";
import type { Latency } from "../values/reports.ts";

const CLOSED = 0;
const PROGRESS = 1;
const WAITERS = 2;
const FINGERPRINT = 3;
const TICKETS = 4;
const SEATS = 16;
const THREADS = SEATS + MAX_SEATS;
const WORKERS = THREADS + MAX_SEATS;
const WORKER_WORDS = 16; // a cache line each
const WAKE = 0;
const PARKED = 1;
const STOP = 2;
const ALIVE = 3;
const WORDS = WORKERS + MAX_WORKERS * WORKER_WORDS;

/** What a worker counts, in the order of its figures. */
export const FIGURES = ["linked", "batches", "steals", "stolen", "busyMs", "lastBatch", "traps", "moved"] as const;
export type Figure = (typeof FIGURES)[number];
const FIGURE_WORDS = 8;

const STOLEN = WORDS * 4 + MAX_WORKERS * FIGURE_WORDS * 8;
/** `homes`: workers, 1 without. */
export const controlBytes = (homes: number) => STOLEN + homes * (homes + LATENCY_CELLS) * 8;
const [FREE, TAKEN, ATTACHED, ENDED, FIRST_TICKET] = [0, 1, 2, 3, 4];

/** Shared only where the index is: isolates may have the type and crash when they wait on it. `homes`: 1 without workers. */
export function controlBlock(shared: boolean, homes = 1): SharedArrayBuffer | ArrayBuffer {
  return shared ? new SharedArrayBuffer(controlBytes(homes)) : new ArrayBuffer(controlBytes(homes));
}

export class Control {
  private readonly words: Int32Array;
  private readonly figures: Float64Array;
  private readonly stolen: Float64Array;
  private readonly homes: number;
  private readonly linking: Latencies[];

  constructor(readonly buffer: SharedArrayBuffer | ArrayBuffer = controlBlock(canShare)) {
    this.words = new Int32Array(this.buffer, 0, WORDS);
    this.figures = new Float64Array(this.buffer, WORDS * 4, MAX_WORKERS * FIGURE_WORDS);
    this.homes = 0;
    while (controlBytes(this.homes) < this.buffer.byteLength) this.homes++;
    this.stolen = new Float64Array(this.buffer, STOLEN, this.homes * this.homes);
    const behind = STOLEN + this.stolen.byteLength;
    this.linking = Array.from({ length: this.homes }, (_, worker) => {
      return new Latencies(new Float64Array(this.buffer, behind + worker * LATENCY_CELLS * 8, LATENCY_CELLS));
    });
  }

  /** Whether other threads can see it. */
  private get shared(): boolean {
    return canShare && kindOf(this.buffer) === "SharedArrayBuffer";
  }

  get closed(): boolean {
    return Atomics.load(this.words, CLOSED) === 1;
  }

  close(): void {
    Atomics.store(this.words, CLOSED, 1);
    this.progressed(true);
    this.wake(0); // the opening thread may be parked, see `serveOthers`
  }

  // ── seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Takes a free seat from `first` on. Returns −1 if there is none. */
  takeSeat(first: number): number {
    for (let seat = first; seat < MAX_SEATS; seat++) {
      if (Atomics.compareExchange(this.words, SEATS + seat, FREE, TAKEN) === FREE) return seat;
    }
    return -1;
  }

  /** Keeps a seat that was taken for the thread that comes with a ticket. Returns the ticket's number. */
  keepFor(seat: number): number {
    const number = FIRST_TICKET + (Atomics.add(this.words, TICKETS, 1) & 0xfffffff);
    Atomics.store(this.words, SEATS + seat, number);
    return number;
  }

  /** Takes the seat that was kept for the ticket of that number. Returns false if it is not, or not any more. */
  sitDown(seat: number, number: number, thread: number): boolean {
    if (number < FIRST_TICKET) return false;
    if (Atomics.compareExchange(this.words, SEATS + seat, number, ATTACHED) !== number) return false;
    Atomics.store(this.words, THREADS + seat, thread);
    return true;
  }

  /** Seats of attached threads that left their numbers. */
  *attached(): Generator<{ seat: number; thread: number }> {
    for (let seat = 0; seat < MAX_SEATS; seat++) {
      const thread = Atomics.load(this.words, THREADS + seat);
      if (thread !== 0) yield { seat, thread };
    }
  }

  /** Takes the seat of a thread that has ended, to repair it. False if another thread did, or the seat has a new owner. */
  claimEnded(seat: number, thread: number): boolean {
    if (Atomics.compareExchange(this.words, SEATS + seat, ATTACHED, ENDED) !== ATTACHED) return false;
    if (Atomics.load(this.words, THREADS + seat) === thread) return true;
    Atomics.compareExchange(this.words, SEATS + seat, ENDED, ATTACHED);
    return false;
  }

  /** Undoes `sitDown`. */
  standUp(seat: number, number: number): void {
    Atomics.store(this.words, THREADS + seat, 0);
    Atomics.store(this.words, SEATS + seat, number);
  }

  leaveSeat(seat: number): void {
    Atomics.store(this.words, THREADS + seat, 0);
    Atomics.store(this.words, SEATS + seat, FREE);
  }

  /** Of the index that the block belongs to (tickets.ts). Written once, before anything else looks at the block. */
  get fingerprint(): number {
    return Atomics.load(this.words, FINGERPRINT);
  }

  set fingerprint(fingerprint: number) {
    Atomics.store(this.words, FINGERPRINT, fingerprint);
  }

  // ── progress ──────────────────────────────────────────────────────────────────────────────────────────────────────
  get progress(): number {
    return Atomics.load(this.words, PROGRESS);
  }

  /** Call it when ops were linked, moved or given up. */
  progressed(always = false): void {
    Atomics.add(this.words, PROGRESS, 1);
    if (always || Atomics.load(this.words, WAITERS) > 0) Atomics.notify(this.words, PROGRESS);
  }

  /** Resolves when `progress` is no longer `seen`, or after `ms`. Keeps the process alive until then. */
  waitForProgress(seen: number, ms: number): Promise<void> {
    if (!this.shared) return nextTurn(); // only this thread makes progress
    return waitForChange(this.words, PROGRESS, WAITERS, seen, ms);
  }

  // ── workers ───────────────────────────────────────────────────────────────────────────────────────────────────────
  private at(worker: number, word: number): number {
    return WORKERS + worker * WORKER_WORDS + word;
  }

  /** Wakes a worker if it is parked, and keeps it from parking if it is about to. */
  wake(worker: number): void {
    Atomics.add(this.words, this.at(worker, WAKE), 1);
    if (this.isParked(worker)) Atomics.notify(this.words, this.at(worker, WAKE));
  }

  /** What `park` needs to know, from before the worker looked for work. */
  wakes(worker: number): number {
    return Atomics.load(this.words, this.at(worker, WAKE));
  }

  isParked(worker: number): boolean {
    return Atomics.load(this.words, this.at(worker, PARKED)) === 1;
  }

  isBusy(worker: number): boolean {
    return this.isAlive(worker) && !this.isParked(worker);
  }

  /**
   * Parks the calling worker until it is woken, for at most `ms`; not at all when it was woken since `wakes` was `seen`, or
   * `lastLook` finds work. Resolves to whether it slept. Does not keep the process alive.
   */
  async park(worker: number, seen: number, ms: number, lastLook: () => boolean): Promise<boolean> {
    Atomics.store(this.words, this.at(worker, PARKED), 1);
    let slept = false;
    if (!lastLook() && !this.stopping(worker) && !this.closed) {
      const wait = Atomics.waitAsync(this.words, this.at(worker, WAKE), seen, ms);
      slept = wait.async;
      if (wait.async) await wait.value;
    }
    Atomics.store(this.words, this.at(worker, PARKED), 0);
    return slept;
  }

  /** Asks a worker to end after its current call. */
  stop(worker: number): void {
    Atomics.store(this.words, this.at(worker, STOP), 1);
    Atomics.add(this.words, this.at(worker, WAKE), 1);
    Atomics.notify(this.words, this.at(worker, WAKE));
  }

  stopping(worker: number): boolean {
    return Atomics.load(this.words, this.at(worker, STOP)) === 1;
  }

  setAlive(worker: number, alive: boolean): void {
    Atomics.store(this.words, this.at(worker, ALIVE), alive ? 1 : 0);
    if (!alive) Atomics.store(this.words, this.at(worker, PARKED), 0);
  }

  isAlive(worker: number): boolean {
    return Atomics.load(this.words, this.at(worker, ALIVE)) === 1;
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────
  count(worker: number, figure: Figure, by: number): void {
    const at = worker * FIGURE_WORDS + FIGURES.indexOf(figure);
    this.figures[at] = this.figures[at]! + by;
  }

  set(worker: number, figure: Figure, value: number): void {
    this.figures[worker * FIGURE_WORDS + FIGURES.indexOf(figure)] = value;
  }

  figuresOf(worker: number): Record<Figure, number> {
    const entries = FIGURES.map((figure) => [figure, this.figure(worker, figure)]);
    return Object.fromEntries(entries);
  }

  figure(worker: number, figure: Figure): number {
    return this.figures[worker * FIGURE_WORDS + FIGURES.indexOf(figure)]!;
  }

  /** Counts ops that `thief` has taken from the queues of `victim`. */
  took(thief: number, victim: number, ops: number): void {
    const at = thief * this.homes + victim;
    this.stolen[at] = this.stolen[at]! + ops;
  }

  /** The ops that `thief` has taken, by the worker that they waited for. */
  takenBy(thief: number): number[] {
    return [...this.stolen.subarray(thief * this.homes, (thief + 1) * this.homes)];
  }

  /** A worker has linked that many ops, in `ms` each. */
  tookToLink(worker: number, ms: number, ops: number): void {
    this.linking[worker]!.add(ms, ops);
  }

  /** Of all workers. */
  get linkLatency(): Latency {
    return Latencies.report(this.linking);
  }
}
