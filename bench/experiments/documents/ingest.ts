// What do documents cost an ingest? The same vectors with and without, in turn, within one process. The program of a child.

import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { spread } from "../../kit/statistics.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";
import { FIELDS, notes } from "./notes.ts";

const PAIRS = 4; // of which the first warms up

export interface IngestTask {
  set: DatasetName;
  n: number;
  /** Spaces stay flat: accepting is all the work there is. */
  flat: boolean;
  durable: boolean;
}

export interface IngestMeasurement {
  /** Until everything is acknowledged and, but for flat spaces, linked: the median of the pairs. */
  withoutPerSecond: number;
  withPerSecond: number;
  /** Of the rates of a pair, the median of the pairs. */
  ratio: number;
}

async function measure(task: IngestTask): Promise<IngestMeasurement> {
  const data = await loadDataset(task.set, task.n);
  const documents = notes(task.n);
  const pairs: { without: number; with: number }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const inTurn = pair % 2 === 0 ? [false, true] : [true, false];
    const rates = new Map<boolean, number>();
    for (const has of inTurn) rates.set(has, await rateOf(task, data, has ? documents : undefined));
    if (pair > 0) pairs.push({ without: rates.get(false)!, with: rates.get(true)! });
  }
  const medianOf = (figure: (pair: (typeof pairs)[number]) => number) => spread(pairs.map(figure)).median;
  return {
    withoutPerSecond: medianOf((pair) => pair.without),
    withPerSecond: medianOf((pair) => pair.with),
    ratio: medianOf((pair) => pair.with / pair.without),
  };
}

/** Vectors a second. */
async function rateOf(
  { n, flat, durable }: IngestTask,
  { base, dimensions }: { base: Float32Array; dimensions: number },
  documents: ReturnType<typeof notes> | undefined,
): Promise<number> {
  using folder = new TemporaryFolder();
  const kept = durable ? { path: join(folder.path, "index"), snapshotAfterBytes: 2 ** 40 } : {};
  const shape = { dimensions, workers: 1, partitions: 1, flatBelow: flat ? 1_000_000 : 1000 };
  const index = await open({ ...shape, ...kept, ...(documents && { fields: FIELDS }) });
  const keys = keysUpTo(n);
  Bun.gc(true);
  const start = performance.now();
  await index.space("s").addMany(keys, base.subarray(0, n * dimensions), documents);
  await index.flush();
  const seconds = (performance.now() - start) / 1e3;
  await index.close();
  return n / seconds;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
