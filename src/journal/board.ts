/*
 * What do the journal, those who wait for it and the snapshot thread tell each other? One small shared block per index.
 *
 *   words    WAKE, PARKED, STOP, URGENT (of the journal thread), MOVED (bumped when something became durable, or
 *            failed), WAITERS, FAILURE, SNAPSHOT_WAKE, SNAPSHOT_STOP
 *   figures  per partition the number of its last durable op; then what the journal counts. Written by the journal
 *            thread before it bumps MOVED, and by the snapshot thread those that it counts.
 */
import { waitForChange } from "../runtime/event-loop.ts";

const WAKE = 0;
const PARKED = 1;
const STOP = 2;
const URGENT = 3;
const MOVED = 4;
const WAITERS = 5;
const FAILURE = 6;
const SNAPSHOT_WAKE = 7;
const SNAPSHOT_STOP = 8;
const WORDS = 16;
const MAX_PARTITIONS = 32;

export const JOURNAL_FIGURES = [
  "ops",
  "groups",
  "bytes",
  "commitMs",
  "lastCommitMs",
  "restarts",
  "snapshots",
  "snapshotBytes",
  "snapshotMs",
  /** Rounds and backups that came to an end, whichever. */
  "jobs",
  /** `bytes` at the last round of snapshots; below 0: bytes that were in the file when it was opened. */
  "bytesAtSnapshot",
] as const;
export type JournalFigure = (typeof JOURNAL_FIGURES)[number];

/** Why the disk takes nothing at the moment. */
export const FAILURES = [
  "",
  "the disk is full",
  "the disk failed",
  "the journal thread ended again and again: close the index and open it again",
] as const;
export const FAILURE_NONE = 0;
export const FAILURE_FULL = 1;
export const FAILURE_DISK = 2;
export const FAILURE_THREAD = 3;

export class JournalBoard {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly figures: Float64Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(WORDS * 4 + (MAX_PARTITIONS + JOURNAL_FIGURES.length) * 8);
    this.words = new Int32Array(this.buffer, 0, WORDS);
    this.figures = new Float64Array(this.buffer, WORDS * 4);
  }

  // ── those who accept and wait ─────────────────────────────────────────────────────────────────────────────────────
  /** Tells the journal thread that an op waits, if it sleeps. */
  wake(): void {
    if (Atomics.load(this.words, PARKED) !== 0) this.bump(WAKE);
  }

  /** Somebody waits for what is in the ring: not the moment to gather more. */
  hurry(): void {
    Atomics.store(this.words, URGENT, 1);
    Atomics.notify(this.words, URGENT);
    this.bump(WAKE);
  }

  get moved(): number {
    return Atomics.load(this.words, MOVED);
  }

  /** Resolves when `moved` is no longer `seen`, or after `ms`. Keeps the process alive meanwhile. */
  waitForMove(seen: number, ms: number): Promise<void> {
    return waitForChange(this.words, MOVED, WAITERS, seen, ms);
  }

  durable(partition: number): number {
    return this.figures[partition]!;
  }

  get failure(): number {
    return Atomics.load(this.words, FAILURE);
  }

  // ── the journal thread ────────────────────────────────────────────────────────────────────────────────────────────
  setDurable(partition: number, sequence: number): void {
    this.figures[partition] = sequence;
  }

  /** Publishes figures and failure to all who wait. */
  publish(failure: number): void {
    Atomics.store(this.words, FAILURE, failure);
    Atomics.add(this.words, MOVED, 1);
    if (Atomics.load(this.words, WAITERS) > 0) Atomics.notify(this.words, MOVED);
  }

  /** Sleeps until woken, for `ms` at most; not at all when `lastLook` finds something. Blocks the thread. */
  park(ms: number, lastLook: () => boolean): void {
    const seen = Atomics.load(this.words, WAKE);
    Atomics.store(this.words, PARKED, 1);
    if (!lastLook() && !this.stopping) Atomics.wait(this.words, WAKE, seen, ms);
    Atomics.store(this.words, PARKED, 0);
  }

  /** Lets ops gather for `ms`, unless somebody hurries. Blocks the thread. */
  gather(ms: number): void {
    if (Atomics.load(this.words, URGENT) === 0) Atomics.wait(this.words, URGENT, 0, ms);
    Atomics.store(this.words, URGENT, 0);
  }

  get stopping(): boolean {
    return Atomics.load(this.words, STOP) === 1;
  }

  /** Asks the journal thread to end once nothing waits any more. */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    this.hurry();
  }

  // ── the snapshot thread ───────────────────────────────────────────────────────────────────────────────────────────
  get snapshotCalls(): number {
    return Atomics.load(this.words, SNAPSHOT_WAKE);
  }

  callSnapshots(): void {
    this.bump(SNAPSHOT_WAKE);
  }

  /** Resolves when the snapshot thread is called since `seen`, or after `ms`. */
  async waitForCall(seen: number, ms: number): Promise<void> {
    const wait = Atomics.waitAsync(this.words, SNAPSHOT_WAKE, seen, ms);
    if (wait.async) await wait.value;
  }

  get snapshotsStopping(): boolean {
    return Atomics.load(this.words, SNAPSHOT_STOP) === 1;
  }

  stopSnapshots(): void {
    Atomics.store(this.words, SNAPSHOT_STOP, 1);
    this.callSnapshots();
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────
  count(figure: JournalFigure, by: number): void {
    const at = MAX_PARTITIONS + JOURNAL_FIGURES.indexOf(figure);
    this.figures[at] = this.figures[at]! + by;
  }

  set(figure: JournalFigure, value: number): void {
    this.figures[MAX_PARTITIONS + JOURNAL_FIGURES.indexOf(figure)] = value;
  }

  figure(figure: JournalFigure): number {
    return this.figures[MAX_PARTITIONS + JOURNAL_FIGURES.indexOf(figure)]!;
  }

  private bump(word: number): void {
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }
}
