// What do two workers cost one another? One links without a pause; the other by turns sleeps, links into a space of its
// own, and links into the same one. The core alone, without the link loop, each thread on a core of its own where there
// are two. A child process.

import { Worker } from "node:worker_threads";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { filledCore, heard } from "../../kit/bare-core.ts";
import { spread } from "../../kit/statistics.ts";
import { pinWorkers } from "../../kit/threads.ts";

export const PHASES = ["alone", "beside", "together"] as const;
export type Phase = (typeof PHASES)[number];

export interface NeighboursTask {
  set: DatasetName;
  /** Vectors of each of the two spaces. */
  n: number;
}

export interface NeighboursMeasurement {
  /** Processor time of an op beside a second worker over that of one alone: medians over the turns. */
  beside: number;
  /** The same with the second worker in the same space. */
  together: number;
}

/** What each of the two is started with; `turn`: the phase. */
export interface NeighbourStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  seat: number;
  turn: Int32Array;
  leads: boolean;
}

/** Microseconds of an op in one turn. */
export interface Turn {
  phase: Phase;
  cost: number;
}

async function measure({ set, n }: NeighboursTask): Promise<NeighboursMeasurement> {
  const data = await loadDataset(set, 2 * n);
  const { module, seat } = await filledCore(data, { spaces: 2, rows: n, workers: 2 });
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const [leader, other] = [1, 2].map((number) => {
    const workerData: NeighbourStart = { module, memory: seat.memory, seat: number, turn, leads: number === 1 };
    return new Worker(new URL("./neighbours-worker.ts", import.meta.url), { workerData });
  }) as [Worker, Worker];
  await Promise.all([heard(leader), heard(other)]); // both are ready
  if (Bun.which("taskset")) pinWorkers();
  for (const thread of [other, leader]) thread.postMessage("go");
  const turns = await heard<Turn[]>(leader);
  await Promise.all([leader.terminate(), other.terminate()]);
  return { beside: against("beside", turns), together: against("together", turns) };
}

/** Each turn of a phase against the mean of the turns alone before and after it: a growing space cancels out. */
function against(phase: Phase, turns: Turn[]): number {
  const alone = (from: number, step: number) => {
    for (let i = from; i >= 0 && i < turns.length; i += step) if (turns[i]!.phase === "alone") return turns[i]!.cost;
    return null;
  };
  const ratios = turns.flatMap((turn, i) => {
    const [before, after] = [alone(i, -1), alone(i, 1)];
    return turn.phase === phase && before !== null && after !== null ? [(2 * turn.cost) / (before + after)] : [];
  });
  return spread(ratios).median;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
