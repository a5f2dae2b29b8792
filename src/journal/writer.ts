/*
 * How do ops get from the rings to the log? Everything that waits, in all partitions, goes out in one transaction: the
 * longer a commit takes, the more ops share the next one.
 *
 * When the disk refuses, it is unknown what of the groups is on it. So the partitions accept no more ops, the callers
 * that wait get JOURNAL_UNCERTAIN, and the same groups are written under the same numbers, through a log that was opened
 * again, until that works. The rings keep what waits: nothing that was accepted is lost while the process lives.
 */
import { J_BYTES, JOURNAL_OPEN, JOURNAL_STUCK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { Control } from "../workers/control.ts";
import type { Failure, JournalBoard } from "./board.ts";
import { type Group, LogFull, type Mark, type OpLog } from "./log.ts";

interface Waiting {
  partition: number;
  /** Where it ends in the ring. */
  head: number;
  /** Number of its last op. */
  last: number;
  groups: Group[];
}

/** Of a group, at most: SQLite's copy of a larger blob would be a mapping of its own, and fresh pages are expensive. */
const GROUP_BYTES = 1 << 18;

export class JournalWriter {
  /** Per partition, as large as its ring: reused, for the same reason as GROUP_BYTES. */
  private readonly buffers: Uint8Array[] = [];
  private log: OpLog | null = null;
  private refused: Waiting[] | null = null;
  /** Whether the partitions are known to accept ops: a thread that ended may have left them shut. */
  private isOpen = false;

  constructor(
    private readonly seats: Seat[],
    private readonly openLog: () => Promise<OpLog>,
    private readonly mark: Mark,
    private readonly board: JournalBoard,
    private readonly control: Control,
  ) {}

  /** Continues where the thread before this one ended, even if that was between writing a group and reporting it. */
  takeOver(): void {
    for (const [partition, seat] of this.seats.entries()) this.board.setDurable(partition, ringOf(seat).durable);
    if (this.hasWork()) this.board.publish(this.board.failure);
    else this.reopen();
  }

  /** Nothing is refused any more. */
  private reopen(): void {
    this.refused = null;
    this.board.publish("none"); // before anything is accepted again, or it would be taken for uncertain
    if (!this.isOpen) for (const seat of this.seats) calls.setJournalState(seat, JOURNAL_OPEN);
    this.isOpen = true;
  }

  hasWork(): boolean {
    if (this.refused !== null) return true;
    return this.seats.some((seat) => {
      const { head, tail } = ringOf(seat);
      return head > tail;
    });
  }

  /** Writes what waits. Resolves to how many ops, or rejects with what the disk said; then the groups stay refused. */
  async step(): Promise<number> {
    const start = performance.now();
    const waiting = this.refused ?? this.seats.flatMap((seat, partition) => this.take(seat, partition) ?? []);
    if (waiting.length === 0) return 0;
    const groups = waiting.flatMap((each) => each.groups);
    try {
      this.log ??= await this.openLog();
      this.log.append(groups);
    } catch (error) {
      this.refuse(waiting, error);
      throw error;
    }
    for (const { partition, head, last } of waiting) {
      calls.journalWritten(this.seats[partition]!, head, last);
      this.board.setDurable(partition, last);
    }
    this.mark.write((partition) => this.board.durable(partition));
    const ops = groups.reduce((sum, { count }) => sum + count, 0);
    const bytes = groups.reduce((sum, { payload }) => sum + payload.length, 0);
    this.board.count("ops", ops);
    this.board.count("groups", 1);
    this.board.count("bytes", bytes);
    this.board.committed(performance.now() - start);
    this.reopen();
    this.control.progressed(); // the rings have room again
    return ops;
  }

  /** Copies what waits in a partition; null when nothing does. */
  private take(seat: Seat, partition: number): Waiting | null {
    const { ring, size, head, tail, last, durable } = ringOf(seat);
    const bytes = head - tail;
    if (bytes === 0) return null;
    this.buffers[partition] ??= new Uint8Array(size);
    const buffer = this.buffers[partition]!;
    seat.copyRing(ring, size, tail, bytes, buffer);
    return { partition, head, last, groups: inGroups(partition, durable + 1, buffer.subarray(0, bytes)) };
  }

  private refuse(waiting: Waiting[], error: unknown): void {
    this.refused = waiting;
    this.isOpen = false;
    for (const seat of this.seats) calls.setJournalState(seat, JOURNAL_STUCK);
    this.board.publish(failureOf(error));
    this.control.progressed();
    this.close();
  }

  close(): void {
    try {
      this.log?.close();
    } catch {} // it is opened again in any case
    this.log = null;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof LogFull) return "full";
  return error instanceof HnswError && error.code === "PATH_LOST" ? "lost" : "disk";
}

function ringOf(seat: Seat): calls.JournalRing {
  return calls.insist(() => calls.journalRing(seat));
}

/** Cuts ops into groups, always at the same places from the same first op on. */
function inGroups(partition: number, first: number, entries: Uint8Array): Group[] {
  const words = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const groups: Group[] = [];
  let from = 0;
  let count = 0;
  for (let at = 0; at < entries.length; ) {
    const bytes = words.getUint32(at + J_BYTES, true);
    if (count > 0 && at + bytes - from > GROUP_BYTES) {
      groups.push({ partition, first, count, payload: entries.subarray(from, at) });
      first += count;
      from = at;
      count = 0;
    }
    at += bytes;
    count++;
  }
  groups.push({ partition, first, count, payload: entries.subarray(from) });
  return groups;
}
