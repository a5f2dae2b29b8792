/*
 * How do ops get from the rings to the disk? Everything that waits, of all partitions, goes out in one transaction: the
 * longer a commit takes, the more ops share the next one.
 *
 * When the disk refuses, nobody knows what of the group is on it. So the partitions take no more ops, whoever waits is
 * told, and the same groups are written again under the same numbers, through a file that was opened anew, until it
 * works. The rings keep what waits: nothing that was accepted is lost while the process lives.
 */
import { J_BYTES, JOURNAL_OPEN, JOURNAL_STUCK } from "../../assembly/layout.ts";
import type { Seat } from "../core/seat.ts";
import type { Group, JournalStore } from "../storage/disk/sqlite.ts";
import type { Mark } from "../storage/log/mark.ts";
import type { Control } from "../workers/control.ts";
import { FAILURE_DISK, FAILURE_FULL, FAILURE_NONE, type JournalBoard } from "./board.ts";

/** What waits in a partition. */
interface Waiting {
  partition: number;
  /** The ring's head behind it, low and high word. */
  head: [number, number];
  /** Number of its last op. */
  last: number;
  groups: Group[];
}

/**
 * A row of the journal holds up to so much. Larger ones would make SQLite's copy of a blob a mapping of its own, and
 * fresh pages are dear: with 8 MiB here, flat ingest of 3 KB vectors is 0.8 times as fast (bench durable, 2026-11-24).
 */
const ROW_BYTES = 1 << 18;

export class JournalWriter {
  private readonly seats: Seat[];
  private readonly openStore: () => Promise<JournalStore>;
  private readonly mark: Mark;
  private readonly board: JournalBoard;
  private readonly control: Control;
  private readonly now: () => number;
  /** Per partition, as large as its ring: used again and again, for the same reason as ROW_BYTES. */
  private readonly buffers: Uint8Array[] = [];
  private store: JournalStore | null = null;
  /** Groups that the disk refused. */
  private refused: Waiting[] | null = null;
  /** Whether the partitions are known to take ops: a thread that ended may have left them shut. */
  private isOpen = false;

  constructor(
    seats: Seat[],
    openStore: () => Promise<JournalStore>,
    mark: Mark,
    board: JournalBoard,
    control: Control,
    now: () => number,
  ) {
    this.seats = seats;
    this.openStore = openStore;
    this.mark = mark;
    this.board = board;
    this.control = control;
    this.now = now;
  }

  /** Goes on where the thread before this one ended, be it between writing a group and telling of it. */
  takeOver(): void {
    for (const [partition, seat] of this.seats.entries()) {
      seat.core.journalWaiting();
      this.board.setDurable(partition, seat.wideInfoAt(4));
    }
    if (this.hasWork()) this.board.publish(this.board.failure);
    else this.reopen();
  }

  /** Nothing is refused any more. */
  private reopen(): void {
    this.refused = null;
    this.board.publish(FAILURE_NONE); // before anything is accepted again, or it would be taken for uncertain
    if (!this.isOpen) for (const { core } of this.seats) core.setJournalState(JOURNAL_OPEN);
    this.isOpen = true;
  }

  hasWork(): boolean {
    return this.refused !== null || this.seats.some((seat) => waitingIn(seat).bytes > 0);
  }

  /** Writes what waits. Resolves to how many ops, or rejects with what the disk said; then the groups stay refused. */
  async step(): Promise<number> {
    const start = this.now();
    const waiting = this.refused ?? this.seats.flatMap((seat, partition) => this.take(seat, partition) ?? []);
    if (waiting.length === 0) return 0;
    const groups = waiting.flatMap((each) => each.groups);
    try {
      this.store ??= await this.openStore();
      this.store.append(groups);
    } catch (error) {
      this.refuse(waiting, error);
      throw error;
    }
    const ops = groups.reduce((sum, { count }) => sum + count, 0);
    for (const { partition, head, last } of waiting) {
      this.seats[partition]!.core.journalWritten(...head, last % 2 ** 32, Math.floor(last / 2 ** 32));
      this.board.setDurable(partition, last);
    }
    this.mark.write((partition) => this.board.durable(partition));
    this.board.count("ops", ops);
    this.board.count("groups", 1);
    this.board.count(
      "bytes",
      groups.reduce((sum, { payload }) => sum + payload.length, 0),
    );
    this.board.count("commitMs", this.now() - start);
    this.board.set("lastCommitMs", this.now() - start);
    this.reopen();
    this.control.progressed(); // the rings have room again
    return ops;
  }

  /** Copies what waits in a partition; null when nothing does. */
  private take(seat: Seat, partition: number): Waiting | null {
    const { bytes } = waitingIn(seat);
    if (bytes === 0) return null;
    const head: [number, number] = [seat.infoAt(2), seat.infoAt(3)];
    const first = seat.wideInfoAt(4) + 1;
    const last = seat.wideInfoAt(6);
    const [tail, ring, size] = [seat.infoAt(0), seat.infoAt(8), seat.infoAt(9)];
    this.buffers[partition] ??= new Uint8Array(size);
    const buffer = this.buffers[partition]!;
    seat.copyRing(ring, size, tail, bytes, buffer);
    return { partition, head, last, groups: inRows(partition, first, buffer.subarray(0, bytes)) };
  }

  private refuse(waiting: Waiting[], error: unknown): void {
    this.refused = waiting;
    this.isOpen = false;
    for (const { core } of this.seats) core.setJournalState(JOURNAL_STUCK);
    this.board.publish((error as { code?: string }).code === "SQLITE_FULL" ? FAILURE_FULL : FAILURE_DISK);
    this.control.progressed();
    this.close();
  }

  close(): void {
    try {
      this.store?.close();
    } catch {
      // it is opened anew in any case
    }
    this.store = null;
  }
}

function waitingIn(seat: Seat): { bytes: number } {
  seat.core.journalWaiting();
  return { bytes: (seat.infoAt(2) - seat.infoAt(0)) >>> 0 };
}

/** Cuts ops into rows, always at the same places from the same first op on. */
function inRows(partition: number, first: number, entries: Uint8Array): Group[] {
  const words = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const groups: Group[] = [];
  let from = 0;
  let count = 0;
  for (let at = 0; at < entries.length; ) {
    const bytes = words.getUint32(at + J_BYTES, true);
    if (count > 0 && at + bytes - from > ROW_BYTES) {
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
