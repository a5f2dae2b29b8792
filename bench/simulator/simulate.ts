/*
 * How would the index do with more workers than this machine has cores? A discrete-event simulation.
 *
 *   producers ──accept──► queues ──claim──► workers, whose slices take a drawn time
 *       ▲ room                  ▲ wake          │ linked
 *       └──────────────────────progressed◄──────┘
 *
 * The workers run the link loop of src/workers (worker.ts) with the policies of src/scheduler, on queues that take turns
 * as those of the core do (queues.ts). The time that work takes is drawn from measured figures (costs.ts). The same setup
 * and seed give the same outcome to the last digit. Not modelled: locks that are busy, compaction, searches.
 */

import type { BatchingPolicy } from "../../src/scheduler/batching.ts";
import type { StealingPolicy } from "../../src/scheduler/stealing.ts";
import type { LinkPolicy } from "../../src/workers/link-loop.ts";
import { policyOf } from "../../src/workers/linker.ts";
import { Random } from "../datasets/random.ts";
import { type Load, shares as sharesOf } from "../kit/loads.ts";
import { type Percentiles, sum } from "../kit/statistics.ts";
import type { Costs } from "./costs.ts";
import { Events } from "./events.ts";
import { type Arrivals, ClosedLoop, type Intake, OpenLoop, type Producer } from "./producers.ts";
import { Queues } from "./queues.ts";
import { type Histogram, Records } from "./records.ts";
import { type Shop, VirtualWorker } from "./worker.ts";

export interface Setup {
  workers: number;
  /** Cores that workers and adding threads share. */
  cores: number;
  partitions: number;
  /** A hash per space: where its home is. `hashesOf` draws some. */
  hashes: number[];
  /** Vectors in each space before it begins. */
  prefilled: number;
  flatBelow: number;
  maxPending: number;
  batching: BatchingPolicy;
  stealing: StealingPolicy;
  /** In place of what `batching` and `stealing` say; may look at what an op costs each worker. */
  policy?: (workers: readonly Pick<VirtualWorker, "msPerOp">[]) => LinkPolicy;
  costs: Costs;
  load: { kind: "closed"; ops: number[]; slice: number } | ({ kind: "open"; shares: number[] } & Arrivals);
  /** Milliseconds of which nothing is recorded. */
  warmUpMs: number;
  /** When a worker does nothing, and for how long. */
  stalls: { worker: number; atMs: number; forMs: number }[];
  seed: number;
  sampleEveryMs?: number;
  onPark?: (worker: number, depth: number) => void;
}

export interface Sample {
  ms: number;
  /** Ops waiting for each home, linked by each worker, and steals so far. */
  depths: number[];
  linked: number[];
  steals: number;
}

export interface Outcome {
  seconds: number;
  /** After the warm-up: linked a second, and accepted a second. */
  linkedPerSecond: number;
  acceptedPerSecond: number;
  linked: number[];
  /** The largest worker's linked ops over the mean, minus 1; the same for the time that they worked. */
  imbalance: number;
  busyImbalance: number;
  /** Processor time of all workers, and what the same ops cost one that is alone, perfectly spread: of all the time. */
  workedSeconds: number;
  useful: number;
  /** Share of the time that the workers worked, of all and of the least busy. */
  busy: number;
  leastBusy: number;
  steals: number;
  stolen: number;
  batches: number;
  latencyMs: Percentiles;
  batchMs: Record<"low" | "between" | "high" | "stolen", Percentiles & { ops: number }>;
  /** At the end: accepted and not linked, and waiting outside. */
  pending: number;
  outside: number;
  samples: Sample[];
}

export function simulate(setup: Setup): Outcome {
  const random = new Random(setup.seed);
  const events = new Events();
  const queues = new Queues(setup.hashes, setup.partitions, setup.workers, setup.flatBelow);
  for (const space of queues.spaces) queues.prefill(space, setup.prefilled);
  const onPark = setup.onPark && ((worker: number) => setup.onPark!(worker, queues.depths[worker]!));
  const records = new Records(setup.workers, setup.batching, onPark ?? null);
  const workers: VirtualWorker[] = [];
  const policy = setup.policy?.(workers) ?? policyOf(setup);
  const { costs, cores, maxPending, load } = setup;
  const shop: Shop = {
    ...{ events, queues, costs, policy, random, records, workers, accepting: 0 },
    crowding: (linking) => Math.max(1, (linking + shop.accepting) / cores),
    progressed: () => producer.progressed(),
  };
  for (let number = 0; number < setup.workers; number++) workers.push(new VirtualWorker(number, setup.workers, shop));
  const setAccepting = (threads: number) => {
    shop.accepting = threads;
  };
  const crowding = () => shop.crowding(workers.reduce((count, { linking }) => count + (linking ? 1 : 0), 0));
  const intake: Intake = { events, queues, costs, workers, maxPending, setAccepting, crowding };
  const producer: Producer =
    load.kind === "closed"
      ? new ClosedLoop(intake, load.ops, load.slice)
      : new OpenLoop(intake, load.shares, load, random);
  for (const worker of workers) worker.step();
  for (const { worker, atMs, forMs } of setup.stalls) events.at(atMs, () => workers[worker]!.stall(forMs));
  producer.start();
  return run(setup, { events, queues, records, producer, workers });
}

interface Parts {
  events: Events;
  queues: Queues;
  records: Records;
  producer: Producer;
  workers: VirtualWorker[];
}

function run(setup: Setup, { events, queues, records, producer, workers }: Parts): Outcome {
  const { load, warmUpMs, sampleEveryMs } = setup;
  const samples: Sample[] = [];
  let acceptedBefore = 0;
  let stealsBefore = 0;
  const steals = () => sum(records.workers.map((worker) => worker.steals));
  events.at(warmUpMs, () => {
    stealsBefore = steals();
    acceptedBefore = producer.accepted;
    records.reset();
  });
  if (sampleEveryMs !== undefined) {
    const sample = () => {
      samples.push({
        ms: events.now,
        depths: [...queues.depths],
        linked: records.workers.map(({ linked }) => linked),
        steals: steals() + (events.now >= warmUpMs ? stealsBefore : 0),
      });
      events.after(sampleEveryMs, sample);
    };
    events.at(warmUpMs, sample);
  }
  const pending = () =>
    queues.spaces.reduce((sum, space) => sum + (space.eligible ? space.count - space.linked : 0), 0);
  const toTheEnd = load.kind === "closed" || load.order !== undefined;
  if (!toTheEnd) while (events.step(load.seconds * 1e3));
  else while ((!producer.done || workers.some(({ idle }) => !idle) || queues.waiting > 0) && events.step());
  const seconds = ((toTheEnd ? events.now : load.seconds * 1e3) - warmUpMs) / 1e3;
  return summary(records, {
    ...{ seconds, samples, pending: pending(), outside: producer.waiting },
    acceptedPerSecond: (producer.accepted - acceptedBefore) / seconds,
  });
}

function summary(
  { workers, latency, batches }: Records,
  rest: Pick<Outcome, "seconds" | "samples" | "pending" | "outside" | "acceptedPerSecond">,
): Outcome {
  const linked = workers.map((worker) => worker.linked);
  const busy = workers.map(({ busyMs }) => busyMs / (rest.seconds * 1e3));
  const over = (values: number[]) => (sum(values) === 0 ? 0 : Math.max(...values) / (sum(values) / values.length) - 1);
  const batch = (histogram: Histogram) => ({ ops: histogram.count, ...percentiles(histogram) });
  return {
    ...rest,
    linkedPerSecond: sum(linked) / rest.seconds,
    linked,
    imbalance: over(linked),
    busyImbalance: over(busy),
    workedSeconds: sum(workers.map(({ workedMs }) => workedMs)) / 1e3,
    useful: sum(workers.map(({ aloneMs }) => aloneMs)) / 1e3 / rest.seconds / workers.length,
    busy: sum(busy) / busy.length,
    leastBusy: Math.min(...busy),
    steals: sum(workers.map((worker) => worker.steals)),
    stolen: sum(workers.map((worker) => worker.stolen)),
    batches: sum(workers.map((worker) => worker.batches)),
    latencyMs: percentiles(latency),
    batchMs: {
      ...{ low: batch(batches.low), between: batch(batches.between) },
      ...{ high: batch(batches.high), stolen: batch(batches.stolen) },
    },
  };
}

function percentiles(histogram: Histogram): Percentiles {
  return { p50: histogram.at(0.5), p99: histogram.at(0.99), max: histogram.max };
}

/** A hash for each space, as a seed draws them. */
export function hashesOf(spaces: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: spaces }, () => random.uint32());
}

/** Ops of each space in a closed loop: its share of them. */
export function opsOf(load: Load, spaces: number, ops: number): number[] {
  return sharesOf(load, spaces).map((share) => Math.round(share * ops));
}
