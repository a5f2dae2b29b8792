// How long does it take to open an index? From its snapshots, and from its journal alone. The program of a child process.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

export interface DurableOpenTask {
  set: DatasetName;
  n: number;
  from: "snapshot" | "journal";
}

export interface DurableOpenMeasurement {
  openMs: number;
  /** Until everything is linked. */
  linkedMs: number;
  mib: number;
  /** Reading the same files, for comparison. */
  readMs: number;
}

async function measure({ set, n, from }: DurableOpenTask): Promise<DurableOpenMeasurement> {
  const { base, dimensions } = await loadDataset(set, n);
  using folder = new TemporaryFolder();
  const path = join(folder.path, "index");
  const options = { dimensions, workers: 1, partitions: 1, path, snapshotAfterBytes: 2 ** 40 };
  if (from === "snapshot") {
    await using index = await open(options);
    await index.space("s").addMany(keysUpTo(n), base);
    await index.flush();
  } else {
    // Killed before it could take a snapshot, as in a crash.
    const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify({ set, n, path }), "fill"], {
      stdout: "pipe",
      stderr: "inherit",
    });
    for await (const chunk of child.stdout) if (new TextDecoder().decode(chunk).includes("durable")) break;
    child.kill("SIGKILL");
    await child.exited;
  }
  const files =
    from === "journal"
      ? ["journal.sqlite", "journal.sqlite-wal"]
      : readdirSync(join(path, "snapshots")).map((name) => join("snapshots", name));
  const mib = files.reduce((sum, name) => sum + statSync(join(path, name)).size, 0) / 2 ** 20;
  const before = performance.now();
  for (const name of files) readFileSync(join(path, name));
  const readMs = performance.now() - before;
  const start = performance.now();
  await using index = await open(options);
  const openMs = performance.now() - start;
  await index.flush();
  const linkedMs = performance.now() - start;
  if (index.space("s").size !== n) throw new Error(`${index.space("s").size} vectors came back of ${n}`);
  return { openMs, linkedMs, mib, readMs };
}

async function fill({ set, n, path }: { set: DatasetName; n: number; path: string }): Promise<void> {
  const { base, dimensions } = await loadDataset(set, n);
  const index = await open({ dimensions, workers: 1, partitions: 1, path, snapshotAfterBytes: 2 ** 40 });
  await index.space("s").addMany(keysUpTo(n), base);
  console.log("durable");
  setInterval(() => {}, 1000);
}

if (import.meta.main) {
  const task = JSON.parse(process.argv[2] ?? "{}");
  if (process.argv[3] === "fill") await fill(task);
  else console.log(JSON.stringify(await measure(task)));
}
