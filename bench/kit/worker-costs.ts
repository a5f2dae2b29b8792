// What do a worker's steps cost, each by itself? The simulator draws from these figures. The program of a child process.

import { open, type Space, type VectorIndex } from "../../src/index.ts";
import { type DatasetName, loadDataset } from "../datasets/index.ts";
import { namesOnHomes } from "./homes.ts";
import { keysUpTo } from "./rows.ts";
import { sum } from "./statistics.ts";
import { since, workerThreads } from "./threads.ts";

const SAMPLE_MS = 25;
const WAKES = 50;
const TURNS = 1000;
/** No `addMany` is so large that its vectors are linked together, whatever the batch. */
const ONE_BY_ONE = 16_777_215;
const LAST_SAMPLES = 4; // of a space that is as large as it gets

export interface CostsTask {
  set: DatasetName;
  /** Vectors of each space. */
  n: number;
  workers: number;
  spaces: number;
  /** Ops in every batch. */
  batch: number;
}

/**
 * Times are processor times of the process, taken while the thread that adds sleeps, so that another program on the cores
 * does not count. Those that end in `wall` are by the clock.
 */
export interface CostsMeasurement {
  /** Since the last sample: [ops in a space, ops linked, milliseconds], accepting being over. */
  samples: [number, number, number][];
  acceptMicroseconds: number;
  /** A turn of the event loop. */
  turnMicroseconds: number;
  /** From an add to a parked worker's space until it is linked; the fastest tenth. */
  wakeMicrosecondsWall: number;
  /** Of the worker, from one park to the next, without what linking that op takes in a batch. */
  parkMicroseconds: number;
  /** Of a flush when everything is linked, per vector. */
  censusMicroseconds: number;
}

/** Microseconds of an op over all samples. */
export function meanCost(samples: CostsMeasurement["samples"]): number {
  const ops = samples.reduce((sum, [, count]) => sum + count, 0);
  return (samples.reduce((sum, [, , ms]) => sum + ms, 0) * 1e3) / Math.max(1, ops);
}

const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e3;
const linkedBy = (index: VectorIndex) => sum(index.stats().workers.map(({ linked }) => linked));

async function measure({ set, n, workers, spaces: count, batch }: CostsTask): Promise<CostsMeasurement> {
  const { base, queries, dimensions } = await loadDataset(set, n);
  const acceptMicroseconds = await accepting(base, dimensions);
  const batching = { min: batch, max: batch, bulk: ONE_BY_ONE };
  await using index = await open({ dimensions, workers, partitions: 2, maxPending: 1_000_000, batching, ef: 64 });
  const spaces = (await namesOnHomes(index, count, workers)).map((name) => index.space(name));
  const keys = keysUpTo(n);
  await Promise.all(spaces.map((space) => space.addMany(keys, base.subarray(0, n * dimensions))));
  const samples: [number, number, number][] = [];
  for (let linked = linkedBy(index), spent = cpuMs(); linked < n * count; ) {
    await Bun.sleep(SAMPLE_MS);
    const [linkedNow, spentNow] = [linkedBy(index), cpuMs()];
    samples.push([(linked + linkedNow) / 2 / count, linkedNow - linked, spentNow - spent]);
    [linked, spent] = [linkedNow, spentNow];
  }
  samples.pop(); // the last ops of a space leave a worker without work
  const beforeFlush = cpuMs();
  await index.flush();
  const censusMicroseconds = ((cpuMs() - beforeFlush) * 1e3) / (n * count);
  const beforeTurns = cpuMs();
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
  const turnMicroseconds = ((cpuMs() - beforeTurns) * 1e3) / TURNS;
  const wakes = await waking(index, spaces[0] as Space, queries, dimensions);
  const parkMicroseconds = Math.max(0, wakes.workedMicroseconds - meanCost(samples.slice(-LAST_SAMPLES)));
  return {
    ...{ samples, acceptMicroseconds, censusMicroseconds, turnMicroseconds, parkMicroseconds },
    wakeMicrosecondsWall: wakes.microsecondsWall,
  };
}

/** Of one op, as a server adds them: into spaces that are scanned, so that nothing is linked at the same time. */
async function accepting(base: Float32Array, dimensions: number): Promise<number> {
  await using index = await open({ dimensions, workers: 1, flatBelow: 1_000_000 });
  const rows = Math.min(1000, base.length / dimensions);
  const vectors = Array.from({ length: rows }, (_, row) => base.subarray(row * dimensions, (row + 1) * dimensions));
  const keys = vectors.map((_, row) => row);
  const add = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await index.space(`space ${i}`).addMany(keys, vectors);
  };
  await add(0, 5); // warm
  const before = cpuMs();
  await add(5, 25);
  return ((cpuMs() - before) * 1e3) / (20 * rows);
}

interface Wakes {
  microsecondsWall: number;
  /** Processor time of the worker, for each. */
  workedMicroseconds: number;
}

async function waking(index: VectorIndex, space: Space, queries: Float32Array, dimensions: number): Promise<Wakes> {
  const times: number[] = [];
  const threads = workerThreads();
  for (let i = 0; i < WAKES; i++) {
    await Bun.sleep(3);
    const before = linkedBy(index);
    const start = performance.now();
    await space.add(`wake ${i}`, queries.subarray(i * dimensions, (i + 1) * dimensions));
    while (linkedBy(index) === before && performance.now() - start < 100);
    times.push((performance.now() - start) * 1e3);
  }
  await Bun.sleep(3); // the last one has parked
  return {
    microsecondsWall: times.toSorted((a, b) => a - b)[Math.floor(WAKES / 10)] as number,
    workedMicroseconds: (sum(since(threads).map(({ ranMs }) => ranMs)) * 1e3) / WAKES,
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
