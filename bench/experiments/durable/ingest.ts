// What does durability cost an ingest? The same vectors in memory and in a folder. The program of a child process.

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

export interface DurableIngestTask {
  set: DatasetName;
  n: number;
  durability: "memory" | "commit" | "relaxed";
  /** Spaces stay flat: nothing is linked, so that accepting and the journal are all the work there is. */
  flat: boolean;
  /** A checkpoint begins when half of the vectors are in. */
  checkpoint: boolean;
}

export interface DurableIngestMeasurement {
  /** Until everything is acknowledged and, but for flat spaces, linked. */
  insertsPerSecond: number;
  meanGroup: number;
  meanCommitMs: number;
  journalBytesPerVector: number;
  snapshotMs: number;
  snapshotMiB: number;
  /** What the disk itself can take, in pieces as large as a group, each synced. */
  diskMiBPerSecond: number;
}

async function measure(task: DurableIngestTask): Promise<DurableIngestMeasurement> {
  const { set, n, durability, flat, checkpoint } = task;
  const { base, dimensions } = await loadDataset(set, n);
  using folder = new TemporaryFolder();
  const kept =
    durability === "memory" ? {} : { path: join(folder.path, "index"), durability, snapshotAfterBytes: 2 ** 40 };
  await using index = await open({
    dimensions,
    workers: 1,
    partitions: 1,
    flatBelow: flat ? 1_000_000 : 1000,
    ...kept,
  });
  const space = index.space("s");
  const keys = keysUpTo(n);
  const half = n >> 1;
  const start = performance.now();
  const first = space.addMany(keys.slice(0, half), base.subarray(0, half * dimensions));
  const second = space.addMany(keys.slice(half), base.subarray(half * dimensions));
  await first;
  const snapshot = checkpoint ? index.checkpoint() : null;
  await second;
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  await snapshot;
  const { journal } = index.stats();
  const groupBytes = journal === null || journal.groups === 0 ? 0 : journal.bytes / journal.groups;
  return {
    insertsPerSecond: n / seconds,
    meanGroup: journal?.meanGroup ?? 0,
    meanCommitMs: journal?.meanCommitMs ?? 0,
    journalBytesPerVector: (journal?.bytes ?? 0) / n,
    snapshotMs: journal?.snapshotMs ?? 0,
    snapshotMiB: (journal?.snapshotBytes ?? 0) / 2 ** 20,
    diskMiBPerSecond: groupBytes === 0 ? 0 : diskRate(folder.path, Math.ceil(groupBytes), journal!.bytes),
  };
}

/** MiB/s of a file that is written in pieces, each synced. */
function diskRate(folder: string, piece: number, bytes: number): number {
  const file = openSync(join(folder, "probe"), "w");
  const buffer = new Uint8Array(piece).map((_, i) => i);
  const start = performance.now();
  for (let written = 0; written < bytes; written += piece) {
    writeSync(file, buffer);
    fdatasyncSync(file);
  }
  const seconds = (performance.now() - start) / 1e3;
  closeSync(file);
  return bytes / 2 ** 20 / seconds;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
