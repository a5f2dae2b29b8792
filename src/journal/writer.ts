/*
 * How do ops get from the rings to the disk? Everything that waits, of all partitions, goes out in one transaction: the
 * longer a commit takes, the more ops share the next one.
 *
 * When the disk refuses, nobody knows what of the group is on it. So the partitions take no more ops, whoever waits is
 * told, and the same groups are written again under the same numbers, through a file that was opened anew, until it
 * works. The rings keep what waits: nothing that was accepted is lost while the process lives.
 */
import { JOURNAL_OPEN, JOURNAL_STUCK } from "../../assembly/layout.ts";
import type { Control } from "../control.ts";
import type { Seat } from "../core.ts";
import { FAILURE_DISK, FAILURE_FULL, FAILURE_NONE, type JournalBoard } from "./board.ts";
import type { Mark } from "./mark.ts";
import type { Group, JournalStore } from "./store.ts";

interface WaitingGroup extends Group {
  /** The ring's head behind the group, low and high word. */
  head: [number, number];
}

export class JournalWriter {
  private readonly seats: Seat[];
  private readonly openStore: () => Promise<JournalStore>;
  private readonly mark: Mark;
  private readonly board: JournalBoard;
  private readonly control: Control;
  private readonly now: () => number;
  private store: JournalStore | null = null;
  /** Groups that the disk refused. */
  private refused: WaitingGroup[] | null = null;
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
      this.board.setDurable(partition, seat.infoAt(4) + seat.infoAt(5) * 2 ** 32);
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
    const groups = this.refused ?? this.seats.flatMap((seat, partition) => groupOf(seat, partition) ?? []);
    if (groups.length === 0) return 0;
    const start = this.now();
    try {
      this.store ??= await this.openStore();
      this.store.append(groups);
    } catch (error) {
      this.refuse(groups, error);
      throw error;
    }
    const ops = groups.reduce((sum, { count }) => sum + count, 0);
    for (const { partition, first, count, head } of groups) {
      const last = first + count - 1;
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

  private refuse(groups: WaitingGroup[], error: unknown): void {
    this.refused = groups;
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

function groupOf(seat: Seat, partition: number): WaitingGroup | null {
  const { bytes } = waitingIn(seat);
  if (bytes === 0) return null;
  const head: [number, number] = [seat.infoAt(2), seat.infoAt(3)];
  const durable = seat.infoAt(4) + seat.infoAt(5) * 2 ** 32;
  const last = seat.infoAt(6) + seat.infoAt(7) * 2 ** 32;
  const payload = seat.copyRing(seat.infoAt(8), seat.infoAt(9), seat.infoAt(0), bytes);
  return { partition, first: durable + 1, count: last - durable, payload, head };
}
