/*
 * Which spaces get a snapshot, and which part of the journal can go then?
 *
 * Each space keeps its newest two snapshots. A round takes one of every space that has changed since the older of them,
 * so after two rounds a space at rest has two that hold all of it. The journal is needed from the older snapshot of
 * every space that has changed since; what lies before is trimmed.
 *
 * Order: write the file, bring it to the disk, wait until the journal is durable past every cut in it, register, trim,
 * delete the files that no row names. A crash in between leaves an unregistered file, or rows that are not needed.
 */
import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import * as calls from "../../core/calls.ts";
import type { Seat } from "../../core/seat.ts";
import { HnswError } from "../../errors.ts";
import type { JournalBoard } from "../../journal/board.ts";
import { nextTurn } from "../../runtime/event-loop.ts";
import type { Look } from "../disk/identity.ts";
import type { FolderPaths } from "../disk/paths.ts";
import type { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog } from "../log/group-log.ts";
import {
  bySpace,
  bytesOf,
  Catalog,
  filesOf,
  isSnapshotFile,
  keyOf,
  type PartitionRow,
  type SnapshotRow,
} from "./catalog.ts";
import { SnapshotFile } from "./file.ts";

const FILE_BYTES = 256 * 2 ** 20; // a file takes no more spaces once it is that large
const SPARSE = 4; // a file of which less than 1 / SPARSE is needed has its spaces written again

export interface RoundReport {
  /** Spaces of which a snapshot was taken. */
  spaces: number;
  bytes: number;
  ms: number;
}

export type RoundSpace = calls.FoundSpace & { partition: number };

interface Inventory {
  /** Number of each partition's last op, and the id of its next space. */
  sequences: number[];
  nextSpaces: number[];
  spaces: RoundSpace[];
}

/**
 * Writes snapshots of spaces into as many files as it takes, on the disk when it resolves. Leaves out spaces that were
 * dropped in the meantime, or for whose notes there is no memory. Rejects with what the disk says, or
 * `look` throws.
 */
export async function writeSnapshots(
  seats: Seat[],
  spaces: RoundSpace[],
  folder: string,
  look: Look,
): Promise<SnapshotRow[]> {
  const rows: SnapshotRow[] = [];
  let number = nextNumber(folder);
  let file: SnapshotFile | null = null;
  try {
    for (const space of spaces) {
      file ??= new SnapshotFile(folder, `${String(number++).padStart(8, "0")}.hnsw`, look);
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

/** Whether a round writes files of that name, here or under another name at first. */
function isOurs(name: string): boolean {
  return isSnapshotFile(name.replace(/\.tmp$/, ""));
}

function nextNumber(folder: string): number {
  return (
    readdirSync(folder)
      .filter(isOurs)
      .reduce((most, name) => Math.max(most, Number.parseInt(name, 10)), 0) + 1
  );
}

export class SnapshotRounds {
  private readonly seats: Seat[];
  private readonly catalog: Catalog;
  private readonly log: GroupLog;
  private readonly folder: string;
  private readonly board: JournalBoard;

  constructor(
    seats: Seat[],
    journal: SqliteFile,
    paths: FolderPaths,
    board: JournalBoard,
    private readonly look: Look,
  ) {
    this.seats = seats;
    this.catalog = new Catalog(journal);
    this.log = new GroupLog(journal);
    this.folder = paths.snapshots;
    this.board = board;
  }

  /** One round. Rejects with PATH_LOST, or what the disk or SQLite says; what was registered before stays as it was. */
  async run(which: "due" | "changed"): Promise<RoundReport> {
    const start = performance.now();
    const bytesBefore = this.board.figure("bytes");
    const before = this.catalog.partitions(this.seats.length);
    const known = this.catalog.snapshots();
    const inventory = this.inventory();
    const made = await writeSnapshots(this.seats, this.wanted(which, inventory.spaces, known), this.folder, this.look);
    const cuts = [...inventory.sequences];
    for (const { partition, sequence } of made) cuts[partition] = Math.max(cuts[partition]!, sequence);
    await this.untilDurable(cuts);
    const alive = new Set(inventory.spaces.map(({ partition, id }) => keyOf(partition, id)));
    const isGone = ({ partition, space }: SnapshotRow) => !alive.has(keyOf(partition, space));
    const rows = this.catalog.register(made, isGone, (kept) => {
      this.look();
      return settled(before, inventory, kept);
    });
    this.log.trim(this.catalog.partitions(this.seats.length));
    this.deleteUnnamed(filesOf(rows));
    const report = { spaces: made.length, bytes: bytesOf(made), ms: performance.now() - start };
    this.board.set("bytesAtSnapshot", bytesBefore);
    this.board.count("snapshots", report.spaces);
    this.board.count("snapshotBytes", report.bytes);
    this.board.count("snapshotMs", report.ms);
    return report;
  }

  private inventory(): Inventory {
    const sequences = this.seats.map((seat) => calls.insist(() => calls.journalRing(seat)).last);
    const nextSpaces = this.seats.map(calls.nextSpaceId);
    const spaces = this.seats.flatMap((seat, partition) =>
      Array.from(calls.spacesOf(seat), (space): RoundSpace => ({ ...space, partition })),
    );
    return { sequences, nextSpaces, spaces };
  }

  private wanted(which: "due" | "changed", spaces: RoundSpace[], known: SnapshotRow[]): RoundSpace[] {
    const registered = bySpace(known);
    const sparse = this.sparseFiles(known);
    return spaces.filter((space) => {
      const rows = registered.get(keyOf(space.partition, space.id)) ?? [];
      if (which === "changed") return space.changed > (rows[0]?.sequence ?? -1);
      return space.changed > (rows[1]?.sequence ?? -1) || rows.some(({ file }) => sparse.has(file));
    });
  }

  /** Files of which only a small part is still needed. */
  private sparseFiles(known: SnapshotRow[]): Set<string> {
    const isSparse = ([file, rows]: [string, SnapshotRow[]]) => {
      const whole = statSync(join(this.folder, file), { throwIfNoEntry: false })?.size ?? 0;
      return bytesOf(rows) * SPARSE < whole;
    };
    return new Set([...Map.groupBy(known, ({ file }) => file)].filter(isSparse).map(([file]) => file));
  }

  private async untilDurable(sequences: number[]): Promise<void> {
    const isDurable = () => sequences.every((sequence, partition) => this.board.durable(partition) >= sequence);
    while (!isDurable()) {
      const { reason, moved: seen } = this.board;
      if (reason !== null) throw new Error(reason);
      this.board.hurry();
      if (isDurable()) await nextTurn();
      else await this.board.waitForMove(seen, 100);
    }
  }

  private deleteUnnamed(named: Set<string>): void {
    for (const name of readdirSync(this.folder)) {
      if (named.has(name) || !isOurs(name)) continue;
      this.look();
      unlinkSync(join(this.folder, name));
    }
  }
}

/** The partitions' rows, once these snapshots are registered. */
function settled(before: PartitionRow[], { sequences, nextSpaces, spaces }: Inventory, kept: SnapshotRow[]) {
  const registered = bySpace(kept);
  const rows = before.map(({ partition, trimmed }): PartitionRow & { needed: number } => {
    const last = sequences[partition]!;
    return { partition, trimmed, needed: last, held: last, nextSpace: nextSpaces[partition]! };
  });
  for (const space of spaces) {
    const [newest, older] = registered.get(keyOf(space.partition, space.id)) ?? [];
    const row = rows[space.partition]!;
    row.needed = Math.min(row.needed, heldBy(older, space));
    row.held = Math.min(row.held, heldBy(newest, space));
  }
  return rows.map(({ needed, ...row }) => ({ ...row, trimmed: Math.max(row.trimmed, needed) }));
}

/** Ops up to this number that concern a space are in that snapshot of it. */
function heldBy(row: SnapshotRow | undefined, { created, changed }: RoundSpace): number {
  if (row === undefined) return created - 1;
  return changed <= row.sequence ? Number.POSITIVE_INFINITY : row.sequence;
}
