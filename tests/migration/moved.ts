/* Is a source whole after it was imported? Compared key by key, float by float, and by the recall of the same queries. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../src/index.ts";
import { PROGRAM } from "../cli/program.ts";
import { Folder } from "../support/folder.ts";
import { trueDistance, type VectorSet } from "../support/vectors.ts";
import { DIMENSIONS, EF, K, type Key, type Source, type Task } from "./sources.ts";

export interface Moved {
  name: string;
  /** Vectors that its own reader returns, and those of them that are here under the same key with the same floats. */
  read: number;
  same: number;
  /** Here. */
  size: number;
  /** Recall@10 of the same queries; null: it has no search. */
  before: number | null;
  after: number;
  /** Of the import: processor time, and memory at most, where that is known. */
  seconds: number;
  peakBytes: number | null;
}

/** Imports into a new folder at `path`, and compares. */
export async function moved(source: Source, path: string): Promise<Moved> {
  const { name, keys, floats, found, task } = source;
  const { seconds, peakBytes } = await imported(["import", path, ...source.import]);
  await using index = await open({ path, dimensions: DIMENSIONS, metric: "l2" });
  const space = index.space<Key>("moved");
  let same = 0;
  for (const [i, key] of keys.entries()) {
    const held = await space.get(key);
    const start = i * DIMENSIONS;
    if (held?.every((value, j) => Object.is(value, floats[start + j]))) same++;
  }
  await index.flush();
  const hits = await space.searchMany(task.queries.values, { k: K, ef: EF });
  const foundHere = hits.map((list) => list.map(({ key }) => key));
  return {
    ...{ name, read: keys.length, same, size: space.size, seconds, peakBytes },
    ...{ before: found && recallOf(found, task), after: recallOf(foundHere, task) },
  };
}

/** Runs the program, which must succeed. */
async function imported(args: string[]) {
  using folder = new Folder();
  const peak = join(folder.root, "peak");
  const preload = process.platform === "linux" ? ["--preload", join(import.meta.dir, "peak.ts")] : [];
  const command = [process.execPath, ...preload, PROGRAM, ...args];
  const job = Bun.spawn(command, { env: { ...process.env, PEAK: peak }, stdout: "ignore", stderr: "pipe" });
  const [code, err] = await Promise.all([job.exited, job.stderr.text()]);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${err}`);
  const peakBytes = preload.length === 0 ? null : Number(readFileSync(peak, "utf8")) * 1024;
  return { seconds: Number(job.resourceUsage()!.cpuTime.total) / 1e6, peakBytes };
}

const truths = new WeakMap<VectorSet, Set<number>[]>();

/** The rows that are nearest to each query, all of those at the same distance as the last. */
function truthOf({ set, queries }: Task): Set<number>[] {
  const known = truths.get(set);
  if (known !== undefined) return known;
  const truth = Array.from({ length: queries.count }, (_, q) => {
    const query = queries.at(q);
    const distances = Float64Array.from({ length: set.count }, (_, i) => trueDistance("l2", set.at(i), query));
    const limit = distances.toSorted()[K - 1]!;
    return new Set(Array.from(distances.keys()).filter((i) => distances[i]! <= limit));
  });
  truths.set(set, truth);
  return truth;
}

function recallOf(found: readonly Key[][], task: Task): number {
  const truth = truthOf(task);
  const rowOf = (key: Key) => Number(String(key).replace("key-", ""));
  const hits = found.map((keys, q) => keys.filter((key) => truth[q]!.has(rowOf(key))).length);
  return hits.reduce((sum, count) => sum + count, 0) / (found.length * K);
}
