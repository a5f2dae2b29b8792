/*
 * Is every byte of a locked folder what was written? What a recovery does not read anyway: SQLite's own structures, and
 * both generations of snapshots, where a recovery looks at the older one only when the newer is damaged.
 */
import { join } from "node:path";
import { nextTurn } from "../../runtime/event-loop.ts";
import { CHECKSUM_BYTES, readSpaceFrame } from "../../snapshot/frames.ts";
import type { FolderPaths } from "../disk/folder.ts";
import { Damage, JournalStore, type SnapshotRow } from "../disk/sqlite.ts";
import { readSection, snapshotProblem } from "../snapshots/file.ts";

/** What there is to read. */
export interface Extent {
  groups: number;
  ops: number;
  /** Of the journal's groups. */
  journalBytes: number;
  /** Registered, with `snapshotBytes` in so many files. */
  snapshots: number;
  files: number;
  snapshotBytes: number;
  /** Bytes of the newest snapshot of each space. */
  newestBytes: number;
}

/** Throws Damage, or what SQLite says. */
export async function extentOf({ journal }: FolderPaths): Promise<Extent> {
  const store = await JournalStore.open(journal, "read");
  try {
    const { groups, ops, bytes } = store.size();
    const { rows } = store.readSnapshots();
    const newest = rows.filter((row, i) => i === 0 || !isSameSpace(row, rows[i - 1]!));
    return {
      groups,
      ops,
      journalBytes: bytes,
      snapshots: rows.length,
      files: new Set(rows.map(({ file }) => file)).size,
      snapshotBytes: bytesIn(rows),
      newestBytes: bytesIn(newest),
    };
  } finally {
    store.close();
  }
}

/** A line for everything that is wrong. `onRead` is told of bytes of snapshots. Throws what SQLite says. */
export async function checkBytes(
  { journal, snapshots }: FolderPaths,
  partitions: number,
  onRead: (bytes: number) => void,
): Promise<string[]> {
  const store = await JournalStore.open(journal, "read");
  try {
    const problems = store.integrity().map((line) => `${journal}: ${line}`);
    for (const { partition, groups } of store.sizes()) {
      const isOne = partition >= 0 && partition < partitions;
      if (!isOne) problems.push(`${journal}: ${groups} groups are of partition ${partition}, which is not there`);
    }
    for (const row of store.readSnapshots().rows) {
      const problem = checkSnapshot(join(snapshots, row.file), row, onRead);
      if (problem !== null) problems.push(problem);
      await nextTurn();
    }
    return problems;
  } finally {
    store.close();
  }
}

function checkSnapshot(path: string, row: SnapshotRow, onRead: (bytes: number) => void): string | null {
  let isFirst = true;
  try {
    for (const body of readSection(path, row.offset, row.bytes)) {
      const head = isFirst ? readSpaceFrame(body) : null;
      if (isFirst && (head === null || head.id !== row.space || head.sequence !== row.sequence)) {
        throw new Damage(`${path}: at byte ${row.offset} lies another snapshot than was registered`);
      }
      isFirst = false;
      onRead(body.length + CHECKSUM_BYTES);
    }
    return null;
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return snapshotProblem(error, row);
  }
}

function isSameSpace(a: SnapshotRow, b: SnapshotRow): boolean {
  return a.partition === b.partition && a.space === b.space;
}

function bytesIn(rows: SnapshotRow[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}
