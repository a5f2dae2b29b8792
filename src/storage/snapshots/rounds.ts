/*
 * Which spaces get a snapshot, and which part of the journal can go then?
 *
 * Each space keeps its newest two snapshots. A round takes one of every space that has changed since the older of them,
 * so a space that rests has two that hold all of it after two rounds. The journal is needed from the older snapshot of
 * every space that has changed since; what lies before is trimmed.
 *
 * Order: write the file, bring it to the disk, wait until the journal is durable past every cut in it, register, trim,
 * delete files that nothing names. A crash in between leaves a file that nobody registered, or rows that nobody needs.
 */
import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { type FoundSpace, spacesOf } from "../../core/calls/spaces.ts";
import type { Seat } from "../../core/seat.ts";
import { HnswError } from "../../errors.ts";
import { FAILURE_NONE, FAILURES, type JournalBoard } from "../../journal/board.ts";
import { nextTurn } from "../../runtime/event-loop.ts";
import type { FolderPaths } from "../disk/folder.ts";
import type { JournalStore, SnapshotRow } from "../disk/sqlite.ts";
import { SnapshotFile } from "./file.ts";

const FILE_BYTES = 256 * 2 ** 20; // a file takes no more spaces once it is that large
const SPARSE = 4; // a file of which less than 1 / SPARSE is needed has its spaces written anew

export interface RoundReport {
  /** Spaces of which a snapshot was taken. */
  spaces: number;
  bytes: number;
  ms: number;
}

/** A live space, as a round finds it. */
export type RoundSpace = FoundSpace & { partition: number };

/**
 * Writes snapshots of spaces into as many files as it takes, on the disk when it returns; without those that were dropped
 * meanwhile, or for whose notes there is no memory. Throws what the disk says.
 */
export async function writeSnapshots(seats: Seat[], spaces: RoundSpace[], folder: string): Promise<SnapshotRow[]> {
  const rows: SnapshotRow[] = [];
  let number = nextNumber(folder);
  let file: SnapshotFile | null = null;
  try {
    for (const space of spaces) {
      file ??= new SnapshotFile(folder, `${String(number++).padStart(8, "0")}.hnsw`);
      const { partition, id, created } = space;
      const section = await file.add(seats[partition]!, space).catch(nullWithoutMemory);
      if (section === null) continue;
      rows.push({ partition, space: id, created, file: file.name, ...section });
      if (file.bytes < FILE_BYTES) continue;
      file.finish();
      file = null;
    }
    file?.finish();
    return rows;
  } catch (error) {
    file?.abandon();
    throw error;
  }
}

function nullWithoutMemory(error: unknown): null {
  if (error instanceof HnswError && error.code === "OUT_OF_MEMORY") return null;
  throw error;
}

function nextNumber(folder: string): number {
  return 1 + Math.max(0, ...readdirSync(folder).map((name) => Number.parseInt(name, 10) || 0));
}

/** Deletes the files of snapshots that no row names. */
function deleteUnnamed(folder: string, rows: SnapshotRow[]): void {
  const named = new Set(rows.map(({ file }) => file));
  for (const name of readdirSync(folder)) if (!named.has(name)) unlinkSync(join(folder, name));
}

export class SnapshotRounds {
  private readonly seats: Seat[];
  private readonly store: JournalStore;
  private readonly paths: FolderPaths;
  private readonly board: JournalBoard;
  private readonly now: () => number;

  constructor(seats: Seat[], store: JournalStore, paths: FolderPaths, board: JournalBoard, now: () => number) {
    this.seats = seats;
    this.store = store;
    this.paths = paths;
    this.board = board;
    this.now = now;
  }

  /** One round. Throws what the disk or SQLite says; what was registered before stays as it was. */
  async run(which: "due" | "changed"): Promise<RoundReport> {
    const start = this.now();
    const bytesBefore = this.board.figure("bytes");
    const before = this.store.partitions(this.seats.length);
    const known = bySpace(this.store.snapshots());
    const sequences = this.seats.map((seat) => {
      seat.core.journalWaiting();
      return seat.wideInfoAt(6);
    });
    const nextSpaces = this.seats.map((seat) => seat.core.nextSpaceId());
    const spaces = this.seats.flatMap((seat, partition) =>
      Array.from(spacesOf(seat), (space): RoundSpace => ({ ...space, partition })),
    );
    const sparse = this.sparseFiles([...known.values()].flat());
    const wanted = spaces.filter((space) => {
      const rows = known.get(keyOf(space.partition, space.id)) ?? [];
      if (which === "changed") return space.changed > (rows[0]?.sequence ?? -1);
      return space.changed > (rows[1]?.sequence ?? -1) || rows.some(({ file }) => sparse.has(file));
    });
    const made = await writeSnapshots(this.seats, wanted, this.paths.snapshots);
    const cuts = sequences.map((sequence, partition) =>
      made.reduce((most, row) => (row.partition === partition ? Math.max(most, row.sequence) : most), sequence),
    );
    await this.untilDurable(cuts);
    const alive = new Map(spaces.map((space) => [keyOf(space.partition, space.id), space]));
    const isGone = ({ partition, space }: SnapshotRow) => !alive.has(keyOf(partition, space));
    const rows = this.store.register(made, isGone, (kept) => {
      const registered = bySpace(kept);
      return before.map(({ partition, trimmed }) => {
        let needed = sequences[partition]!;
        let held = sequences[partition]!;
        for (const space of spaces) {
          if (space.partition !== partition) continue;
          const [newest, older] = registered.get(keyOf(partition, space.id)) ?? [];
          needed = Math.min(needed, heldBy(older, space));
          held = Math.min(held, heldBy(newest, space));
        }
        return { partition, trimmed: Math.max(trimmed, needed), held, nextSpace: nextSpaces[partition]! };
      });
    });
    this.store.trim(this.store.partitions(this.seats.length));
    deleteUnnamed(this.paths.snapshots, rows);
    const report = {
      spaces: made.length,
      bytes: made.reduce((sum, { bytes }) => sum + bytes, 0),
      ms: this.now() - start,
    };
    this.board.set("bytesAtSnapshot", bytesBefore);
    this.board.count("snapshots", report.spaces);
    this.board.count("snapshotBytes", report.bytes);
    this.board.count("snapshotMs", report.ms);
    return report;
  }

  /** Files of which little is needed any more. */
  private sparseFiles(rows: SnapshotRow[]): Set<string> {
    const needed = new Map<string, number>();
    for (const { file, bytes } of rows) needed.set(file, (needed.get(file) ?? 0) + bytes);
    const isSparse = ([file, bytes]: [string, number]) => {
      const whole = statSync(join(this.paths.snapshots, file), { throwIfNoEntry: false })?.size ?? 0;
      return bytes * SPARSE < whole;
    };
    return new Set(
      Array.from(needed)
        .filter(isSparse)
        .map(([file]) => file),
    );
  }

  private async untilDurable(sequences: number[]): Promise<void> {
    while (sequences.some((sequence, partition) => this.board.durable(partition) < sequence)) {
      if (this.board.failure !== FAILURE_NONE) throw new Error(FAILURES[this.board.failure]);
      const seen = this.board.moved;
      this.board.hurry();
      if (sequences.some((sequence, partition) => this.board.durable(partition) < sequence)) {
        await this.board.waitForMove(seen, 100);
      } else await nextTurn();
    }
  }
}

function keyOf(partition: number, space: number): string {
  return `${partition}/${space}`;
}

function bySpace(rows: SnapshotRow[]): Map<string, SnapshotRow[]> {
  const found = new Map<string, SnapshotRow[]>();
  for (const row of rows) {
    const key = keyOf(row.partition, row.space);
    const known = found.get(key);
    if (known) known.push(row);
    else found.set(key, [row]);
  }
  return found; // newest first, as the rows are
}

/** Ops up to this number that concern a space are in that snapshot of it. */
function heldBy(row: SnapshotRow | undefined, { created, changed }: RoundSpace): number {
  if (row === undefined) return created - 1;
  return changed <= row.sequence ? Number.POSITIVE_INFINITY : row.sequence;
}
