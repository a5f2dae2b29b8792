// How far is the ingest, and what is each worker doing?

import { MultiBar, type SingleBar } from "cli-progress";
import type { Stats } from "./library.ts";

type WorkerStats = Stats["workers"][number];

export interface Progress {
  /** The index has accepted this many vectors after `seconds`; `stats` says how many still wait. */
  draw(accepted: number, stats: Stats, seconds: number): void;
  stop(): void;
}

/** How often a plain line is printed where there is no terminal to redraw. */
const LINE_SECONDS = 1;
const WORKER_FORMAT = "{name}  queue {queue}  batch {batch}  steals {steals}  busy {busy}";

/** Live bars on a terminal, plain lines elsewhere. */
export function progressOn(stream: NodeJS.WriteStream, total: number, workers: number): Progress {
  return stream.isTTY ? bars(stream, total, workers) : lines(stream, total);
}

function bars(stream: NodeJS.WriteStream, total: number, workers: number): Progress {
  const multibar = new MultiBar({ stream, hideCursor: true, forceRedraw: true, barsize: 30 });
  const overall = multibar.create(
    total,
    0,
    { count: "0", rate: "0" },
    { format: "{bar} {percentage} %  {count}  {rate}/s" },
  );
  const workerLines: SingleBar[] = Array.from({ length: workers }, (_, worker) => {
    const nothing = { queueDepth: 0, lastBatch: 0, steals: 0, busy: 0 };
    return multibar.create(1, 0, fields({ worker, ...nothing }), { format: WORKER_FORMAT });
  });
  const stop = () => {
    process.off("SIGINT", interrupted);
    multibar.stop();
  };
  const interrupted = () => {
    stop();
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  return {
    draw(accepted, stats, seconds) {
      const done = searchable(accepted, stats);
      overall.update(done, { count: grouped(done), rate: grouped(done / seconds) });
      for (const worker of stats.workers) workerLines[worker.worker]?.update(1, fields(worker));
    },
    stop,
  };
}

function lines(stream: NodeJS.WriteStream, total: number): Progress {
  let nextSeconds = LINE_SECONDS;
  return {
    draw(accepted, stats, seconds) {
      if (seconds < nextSeconds) return;
      nextSeconds = seconds + LINE_SECONDS;
      const done = searchable(accepted, stats);
      stream.write(`${((100 * done) / total).toFixed(0)} %  ${grouped(done)}  ${grouped(done / seconds)}/s\n`);
      for (const worker of stats.workers) {
        const { name, queue, batch, steals, busy } = fields(worker);
        stream.write(`  ${name}  queue ${queue}  batch ${batch}  steals ${steals}  busy ${busy}\n`);
      }
    },
    stop() {},
  };
}

function searchable(accepted: number, stats: Stats): number {
  return Math.max(0, accepted - stats.spaces.reduce((sum, { pending }) => sum + pending, 0));
}

function fields(worker: Pick<WorkerStats, "worker" | "queueDepth" | "lastBatch" | "steals" | "busy">) {
  return {
    name: `worker ${`${worker.worker}`.padStart(2)}`,
    queue: grouped(worker.queueDepth).padStart(7),
    batch: grouped(worker.lastBatch).padStart(5),
    steals: grouped(worker.steals).padStart(6),
    busy: `${(100 * worker.busy).toFixed(0)} %`.padStart(5),
  };
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
