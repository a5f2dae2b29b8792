/*
 * What do the journal thread, the threads that wait for it and the snapshot thread share? One small block per index.
 *
 *   words    WAKE, PARKED, STOP, URGENT (of the journal thread), MOVED (incremented when something became durable, or
 *            failed), WAITERS, FAILURE, SNAPSHOT_WAKE, SNAPSHOT_STOP
 *   figures  per partition the number of its last durable op; then what the threads count. The journal thread writes its
 *            own before it increments MOVED; the snapshot thread writes those that it counts.
 *   commits  how long group commits took, written by the journal thread
 */
import { waitForChange } from "../runtime/event-loop.ts";
import { LATENCY_CELLS, Latencies } from "../values/latencies.ts";
import type { JournalStats, Latency } from "../values/reports.ts";

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

/** `jobs`: rounds and backups that ended. `bytesAtSnapshot`: `bytes` at the last round; at first, −bytes in the file. */
export const JOURNAL_FIGURES = [
  ...["ops", "groups", "bytes", "commitMs", "lastCommitMs", "restarts"],
  ...["snapshots", "snapshotBytes", "snapshotMs", "jobs", "bytesAtSnapshot"],
] as const;
export type JournalFigure = (typeof JOURNAL_FIGURES)[number];

/** Why nothing is accepted at the moment. */
const REASONS = {
  none: null,
  full: "the disk is full",
  disk: "the disk failed",
  lost: "its folder was moved, deleted or replaced",
  thread: "the journal thread ended again and again: close the index and open it again",
} as const;
export type Failure = keyof typeof REASONS;
const FAILURES = Object.keys(REASONS) as Failure[];

export class JournalBoard {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly figures: Float64Array;
  private readonly commits: Latencies;

  constructor(buffer?: SharedArrayBuffer) {
    const figures = MAX_PARTITIONS + JOURNAL_FIGURES.length;
    this.buffer = buffer ?? new SharedArrayBuffer(WORDS * 4 + (figures + LATENCY_CELLS) * 8);
    this.words = new Int32Array(this.buffer, 0, WORDS);
    this.figures = new Float64Array(this.buffer, WORDS * 4, figures);
    this.commits = new Latencies(new Float64Array(this.buffer, WORDS * 4 + figures * 8, LATENCY_CELLS));
  }

  // ── threads that accept and wait ─────────────────────────────────────────────────────────────────────────────────────
  /** An op waits in a ring: wakes the journal thread if it sleeps. */
  wake(): void {
    if (Atomics.load(this.words, PARKED) !== 0) this.bump(WAKE);
  }

  /** Has the journal thread write what is in the rings without gathering more. */
  hurry(): void {
    Atomics.store(this.words, URGENT, 1);
    Atomics.notify(this.words, URGENT);
    this.bump(WAKE);
  }

  get moved(): number {
    return Atomics.load(this.words, MOVED);
  }

  /** Resolves when `moved` is no longer `seen`, or after `ms`. Keeps the process alive until then. */
  waitForMove(seen: number, ms: number): Promise<void> {
    return waitForChange(this.words, MOVED, WAITERS, seen, ms);
  }

  durable(partition: number): number {
    return this.figures[partition]!;
  }

  get failure(): Failure {
    return FAILURES[Atomics.load(this.words, FAILURE)]!;
  }

  /** Why nothing is accepted at the moment, or null. */
  get reason(): string | null {
    return REASONS[this.failure];
  }

  // ── the journal thread ────────────────────────────────────────────────────────────────────────────────────────────
  setDurable(partition: number, sequence: number): void {
    this.figures[partition] = sequence;
  }

  /** Publishes figures and failure to all threads that wait. */
  publish(failure: Failure): void {
    Atomics.store(this.words, FAILURE, FAILURES.indexOf(failure));
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

  /** Lets ops gather for `ms`, or until another thread is in a hurry. Blocks the thread. */
  gather(ms: number): void {
    if (Atomics.load(this.words, URGENT) === 0) Atomics.wait(this.words, URGENT, 0, ms);
    Atomics.store(this.words, URGENT, 0);
  }

  get stopping(): boolean {
    return Atomics.load(this.words, STOP) === 1;
  }

  /** Asks the journal thread to end once it has written what waits. */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    this.hurry();
  }

  // ── the snapshot thread ───────────────────────────────────────────────────────────────────────────────────────────
  get snapshotCalls(): number {
    return Atomics.load(this.words, SNAPSHOT_WAKE);
  }

  /** Whether the journal has grown by that many bytes since the last round. */
  hasGrown(bytes: number): boolean {
    return this.figure("bytes") - this.figure("bytesAtSnapshot") >= bytes;
  }

  callSnapshots(): void {
    this.bump(SNAPSHOT_WAKE);
  }

  /** Resolves when `snapshotCalls` is no longer `seen`, or after `ms`. */
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

  /** A group commit has ended. */
  committed(ms: number): void {
    this.set("lastCommitMs", ms);
    this.count("commitMs", ms);
    this.commits.add(ms);
  }

  get commitLatency(): Latency {
    return Latencies.report([this.commits]);
  }

  stats(): JournalStats {
    const [ops, groups] = [this.figure("ops"), this.figure("groups")];
    return {
      ops,
      groups,
      bytes: this.figure("bytes"),
      meanGroup: groups === 0 ? 0 : ops / groups,
      meanCommitMs: groups === 0 ? 0 : this.figure("commitMs") / groups,
      lastCommitMs: this.figure("lastCommitMs"),
      failure: this.reason,
      snapshots: this.figure("snapshots"),
      snapshotBytes: this.figure("snapshotBytes"),
      snapshotMs: this.figure("snapshotMs"),
      restarts: this.figure("restarts"),
    };
  }

  private bump(word: number): void {
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }
}
