// What did the run measure, as JSON and as text?

import type { Stats } from "./library.ts";
import { NOISE, RECALL_EF, RECALL_QUERIES } from "./recall.ts";

export interface Figures {
  vectors: number;
  spaces: number;
  dimensions: number;
  workers: number;
  /** From the first add until all was flushed. */
  seconds: number;
  vectorsPerSecond: number;
  /** Texts a second of the embedding, which is not part of `seconds`. */
  textsPerSecond: number;
  perWorker: { linked: number; batches: number; meanBatch: number; steals: number; stolen: number; busy: number }[];
  /** Vectors in spaces so small that they are scanned: no worker links those. */
  scanned: number;
  /** The most that any worker linked over the mean, minus 1: 0 is perfect balance. */
  imbalance: number;
  recallAt10: number;
  searchMsMean: number;
  /** Used by the index. */
  bytes: number;
  bytesReserved: number;
}

export function figuresOf(
  run: Pick<Figures, "vectors" | "dimensions" | "seconds" | "textsPerSecond" | "recallAt10" | "searchMsMean">,
  stats: Stats,
): Figures {
  const perWorker = stats.workers.map(({ linked, batches, meanBatch, steals, stolen, busy }) => {
    return { linked, batches, meanBatch, steals, stolen, busy };
  });
  const linked = perWorker.map((worker) => worker.linked);
  const total = linked.reduce((sum, count) => sum + count, 0);
  return {
    ...run,
    spaces: stats.spaces.length,
    workers: perWorker.length,
    vectorsPerSecond: run.vectors / run.seconds,
    perWorker,
    scanned: stats.spaces.reduce((sum, { kind, live }) => sum + (kind === "flat" ? live : 0), 0),
    imbalance: total === 0 ? 0 : Math.max(...linked) / (total / linked.length) - 1,
    bytes: stats.bytes.used,
    bytesReserved: stats.bytes.reserved,
  };
}

export function describe(figures: Figures): string {
  const { vectors, spaces, workers, seconds, perWorker, bytes, bytesReserved } = figures;
  const steals = perWorker.reduce((sum, worker) => sum + worker.steals, 0);
  return `
${grouped(vectors)} vectors of ${figures.dimensions} dimensions, ${plural(spaces, "space")}, ${plural(workers, "worker")}
${seconds.toFixed(2)} s from the first add to the end of the flush

throughput   ${grouped(figures.vectorsPerSecond)} vectors/s
imbalance    ${percent(figures.imbalance)} (the most any worker linked, over the mean)
steals       ${grouped(steals)}
recall@10    ${figures.recallAt10.toFixed(4)} (${RECALL_QUERIES} queries: synsets and noise of length ${NOISE}; ef ${RECALL_EF})
search       ${figures.searchMsMean.toFixed(2)} ms on average
memory       ${megabytes(bytes)} used, ${megabytes(bytesReserved)} reserved
embedding    ${grouped(figures.textsPerSecond)} texts/s on one thread (averaged token vectors)

${table(perWorker)}
not linked: ${grouped(figures.scanned)} vectors in spaces so small that they are scanned
`;
}

function table(perWorker: Figures["perWorker"]): string {
  const total = Math.max(
    1,
    perWorker.reduce((sum, { linked }) => sum + linked, 0),
  );
  const rows = perWorker.map(({ linked, batches, meanBatch, steals, stolen, busy }, worker) => [
    `${worker}`,
    grouped(linked),
    percent(linked / total),
    grouped(batches),
    meanBatch.toFixed(1),
    grouped(steals),
    grouped(stolen),
    percent(busy),
  ]);
  const head = ["worker", "linked", "share", "batches", "mean", "steals", "stolen", "busy"];
  return [head, ...rows].map((row) => row.map((cell) => cell.padStart(9)).join("")).join("\n");
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
