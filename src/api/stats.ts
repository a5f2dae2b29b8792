/* What does an index tell of itself, and where does it read it? */
import { OK } from "../../assembly/layout.ts";
import { spacesOf } from "../core/calls/spaces.ts";
import type { Seat } from "../core/seat.ts";
import type { Handle } from "../engine/handle.ts";
import { FAILURES, type JournalBoard } from "../journal/board.ts";

export interface WorkerStats {
  worker: number;
  /** Whether the thread runs. With `workers: 0` the calling thread is worker 0. */
  alive: boolean;
  /** Accepted ops of its home spaces that nobody has claimed yet. */
  queueDepth: number;
  /** Ops linked, stolen ones included. Vectors of spaces that are small enough to be scanned are never linked. */
  linked: number;
  batches: number;
  /** Mean ops in a batch. */
  meanBatch: number;
  lastBatch: number;
  /** Times that it took work from another worker, and how many ops. */
  steals: number;
  stolen: number;
  /** Steps of compactions, each of up to 64 vectors that were moved. */
  moved: number;
  /** Share of the time since `open` that it spent working, 0 to 1. */
  busy: number;
  /** Failed calls that were put right. */
  traps: number;
  /** Threads that were replaced, as the thread knows that opened the index: 0 on others. */
  restarts: number;
}

export interface SpaceStats {
  name: string;
  live: number;
  /** Replaced and deleted vectors that still take memory. */
  dead: number;
  /** Accepted and not yet linked; searches scan them. */
  pending: number;
  bytes: number;
  kind: "flat" | "graph";
  /** What the graph is walked by. */
  beam: "codes" | "f32";
  compactions: number;
  /** Vectors that could not be linked and are found by scan. */
  quarantined: number;
  partition: number;
  home: number;
}

/** Of an index that is kept at a `path`, since it was opened. */
export interface JournalStats {
  /** Ops on the disk, in so many group commits of so many bytes. */
  ops: number;
  groups: number;
  bytes: number;
  meanGroup: number;
  meanCommitMs: number;
  lastCommitMs: number;
  /** Why the disk takes nothing at the moment, or null. */
  failure: string | null;
  /** Spaces' snapshots taken, their bytes, and the time that took. */
  snapshots: number;
  snapshotBytes: number;
  snapshotMs: number;
  /** Journal and snapshot threads that were replaced. */
  restarts: number;
}

export interface IndexStats {
  workers: WorkerStats[];
  spaces: SpaceStats[];
  /** null without `path`. */
  journal: JournalStats | null;
  bytes: {
    /** Taken by spaces and threads. */
    used: number;
    /** Memory that the partitions have grown to; it is never given back to the system. */
    reserved: number;
    limit: number;
  };
}

/** Milliseconds on a clock that all threads of a process share. */
export function commonTime(): number {
  return performance.timeOrigin + performance.now();
}

/** `openedAt`: by `commonTime`. */
export function readStats(handle: Handle, openedAt: number, restartsOf: (worker: number) => number): IndexStats {
  const { seats, settings, control } = handle;
  const elapsed = Math.max(1, commonTime() - openedAt);
  const workers = Array.from({ length: Math.max(1, settings.workers) }, (_, worker): WorkerStats => {
    const batches = control.figure(worker, "batches");
    const linked = control.figure(worker, "linked");
    return {
      worker,
      alive: settings.workers === 0 || control.isAlive(worker),
      queueDepth: seats.reduce((sum, seat) => sum + Math.max(0, seat.core.depthOf(worker)), 0),
      linked,
      batches,
      meanBatch: batches === 0 ? 0 : linked / batches,
      lastBatch: control.figure(worker, "lastBatch"),
      steals: control.figure(worker, "steals"),
      stolen: control.figure(worker, "stolen"),
      moved: control.figure(worker, "moved"),
      busy: Math.min(1, control.figure(worker, "busyMs") / elapsed),
      traps: control.figure(worker, "traps"),
      restarts: restartsOf(worker),
    };
  });
  const bytes = { used: 0, reserved: 0, limit: settings.memoryLimit };
  for (const seat of seats) {
    seat.core.partitionInfo();
    bytes.used += seat.infoAt(0);
    bytes.reserved += seat.memory.buffer.byteLength;
  }
  const spaces = seats.flatMap((seat, partition) => spaceStats(seat, partition));
  return { workers, spaces, bytes, journal: handle.journal && journalStats(handle.journal.board) };
}

function journalStats(board: JournalBoard): JournalStats {
  const [ops, groups] = [board.figure("ops"), board.figure("groups")];
  return {
    ops,
    groups,
    bytes: board.figure("bytes"),
    meanGroup: groups === 0 ? 0 : ops / groups,
    meanCommitMs: groups === 0 ? 0 : board.figure("commitMs") / groups,
    lastCommitMs: board.figure("lastCommitMs"),
    failure: FAILURES[board.failure] || null,
    snapshots: board.figure("snapshots"),
    snapshotBytes: board.figure("snapshotBytes"),
    snapshotMs: board.figure("snapshotMs"),
    restarts: board.figure("restarts"),
  };
}

function spaceStats(seat: Seat, partition: number): SpaceStats[] {
  const found: SpaceStats[] = [];
  for (const { name, address, incarnation } of spacesOf(seat)) {
    if (seat.core.spaceInfo(address, incarnation) !== OK) continue;
    found.push({
      name,
      live: seat.infoAt(0),
      dead: seat.infoAt(1),
      pending: seat.infoAt(2),
      bytes: seat.infoAt(3),
      kind: seat.infoAt(4) === 0 ? "flat" : "graph",
      beam: seat.infoAt(5) === 0 ? "codes" : "f32",
      compactions: seat.infoAt(6),
      quarantined: seat.infoAt(7),
      partition,
      home: seat.infoAt(8),
    });
  }
  return found;
}
