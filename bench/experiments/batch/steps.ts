// What does an op cost on its way, step by step, by the size of the batches that ops come in? Each batch goes all the
// way before the next one comes, on one thread beside the journal's, so that every step can be timed. A child process.

import { join } from "node:path";
import { openWith } from "../../../src/api/open.ts";
import { allDurable } from "../../../src/engine/flush.ts";
import { JournalBoard, type JournalFigure } from "../../../src/journal/board.ts";
import { nextTurn } from "../../../src/runtime/event-loop.ts";
import { linkerOf } from "../../../src/workers/linker.ts";
import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { spread } from "../../kit/statistics.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

const MOST_BATCHES = 1000;

export interface BatchStepsTask {
  set: DatasetName;
  /** Vectors: half of them are linked before the clock starts. */
  n: number;
  /** Ops that come at once. */
  batch: number;
  /** In a folder, each batch brought to the disk before the next comes. */
  durable: boolean;
}

/** Microseconds an op, medians over the batches, so that interruptions by other programs do not count. */
export interface BatchStepsMeasurement {
  /** `add`, until the op waits in its slot to be linked. */
  queueMicroseconds: number;
  /** To claim a batch, to get into the core and out again, and a turn of the event loop, as a worker takes one. */
  callMicroseconds: number;
  linkMicroseconds: number;
  /** Of the journal's thread, from the ring to the disk; 0 in memory. */
  commitMicroseconds: number;
  /** Ops that shared a commit; 0 in memory. */
  meanGroup: number;
}

export function sumOf(answer: BatchStepsMeasurement): number {
  const { queueMicroseconds, callMicroseconds, linkMicroseconds, commitMicroseconds } = answer;
  return queueMicroseconds + callMicroseconds + linkMicroseconds + commitMicroseconds;
}

async function measure({ set, n, batch, durable }: BatchStepsTask): Promise<BatchStepsMeasurement> {
  const { base, dimensions } = await loadDataset(set, n);
  using folder = new TemporaryFolder();
  // Relaxed: an add then resolves when it is queued, and the wait for the disk is a step by itself.
  const kept = durable ? ({ path: join(folder.path, "index"), durability: "relaxed" } as const) : {};
  const batching = { min: batch, max: batch };
  const opened = await openWith({ dimensions, workers: 0, partitions: 1, flatBelow: 0, batching, ...kept }, {});
  const { shared, handle, seats } = opened;
  await using index = opened.index;
  const space = index.space("s");
  const half = n >> 1;
  const row = (i: number) => base.subarray(i * dimensions, (i + 1) * dimensions);
  await space.addMany(keysUpTo(half), base.subarray(0, half * dimensions));
  await index.flush();
  const loop = linkerOf(seats, 0, handle.settings, handle.control);
  const { core } = seats[0]!;
  const link = core.link;
  let linkMs = 0;
  core.link = (most) => {
    const start = performance.now();
    const more = link(most!);
    linkMs += performance.now() - start;
    return more;
  };
  const board = shared.journal && new JournalBoard(shared.journal);
  const journalFigure = (figure: JournalFigure) => board?.figure(figure) ?? 0;
  const [opsBefore, groupsBefore] = [journalFigure("ops"), journalFigure("groups")];
  const batches: { queue: number; call: number; link: number; commit: number }[] = [];
  for (let first = half; first + batch <= n && batches.length < MOST_BATCHES; first += batch) {
    linkMs = 0;
    const committedBefore = journalFigure("commitMs");
    const start = performance.now();
    // One by one, as a server's ops come; none of them lets the event loop run, in which this thread would link.
    await Promise.all(Array.from({ length: batch }, (_, i) => space.add(first + i, row(first + i))));
    const queued = performance.now();
    let steps = 0;
    while (loop.step()) steps++;
    while (steps-- > 0) await nextTurn();
    const linked = performance.now();
    await allDurable(handle);
    batches.push({
      ...{ queue: queued - start, call: linked - queued - linkMs, link: linkMs },
      commit: journalFigure("commitMs") - committedBefore,
    });
  }
  const microseconds = (step: keyof (typeof batches)[number]) =>
    (spread(batches.map((one) => one[step])).median * 1e3) / batch;
  return {
    ...{ queueMicroseconds: microseconds("queue"), callMicroseconds: microseconds("call") },
    ...{ linkMicroseconds: microseconds("link"), commitMicroseconds: microseconds("commit") },
    meanGroup: (journalFigure("ops") - opsBefore) / Math.max(1, journalFigure("groups") - groupsBefore),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
