// How soon is a vector found, and how long does the event loop stand still, while a server takes in requests? Each
// brings many vectors; between them come single ones that are searched for. The program of a child process.

import { type DatasetName, loadDataset } from "../../datasets/index.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { type Percentiles, percentiles } from "../../kit/statistics.ts";
import { liveStores } from "./live-stores.ts";

const REQUEST = 200; // vectors
const PROBE_EVERY_MS = 20;
const GIVE_UP_MS = 1000;
const LONG_MS = 10; // a gap that a server's other requests notice

export interface ArrivalsTask {
  store: string;
  set: DatasetName;
  n: number;
  /** Vectors a second. */
  rate: number;
  /** Of the whole process, the caller's included. */
  threads: number;
}

export interface ArrivalsMeasurement {
  /** From the time that a single vector is due, even if the event loop is held up then, until a search finds it. */
  foundMs: Percentiles;
  /** Single vectors that came, and those that a search has found. */
  probes: number;
  found: number;
  /** Longest time between two turns of the event loop. */
  longestGapMs: number;
  /** Share of the time in gaps of more than 10 ms. */
  blocked: number;
}

interface Arrival {
  dueMs: number;
  /** `due`: when it was due, by the clock. */
  come(due: number): void | Promise<void>;
}

async function measure({ store: name, set, n, rate, threads }: ArrivalsTask): Promise<ArrivalsMeasurement> {
  const { base, queries, dimensions, queryCount } = await loadDataset(set, n);
  const probes = Math.min(queryCount, Math.floor(((n / rate) * 1e3) / PROBE_EVERY_MS));
  const store = await liveStores.find((one) => one.name === name)!.open(n + probes, dimensions, threads);
  const keys = keysUpTo(n);
  const request = (first: number): Arrival => ({
    dueMs: (first / rate) * 1e3,
    come: () => {
      const some = keys.slice(first, first + REQUEST);
      return store.add(some, base.subarray(first * dimensions, (first + some.length) * dimensions));
    },
  });
  const waits: number[] = [];
  const probe = (i: number): Arrival => ({
    dueMs: (i + 0.5) * PROBE_EVERY_MS,
    come: async (due) => {
      const vector = queries.slice(i * dimensions, (i + 1) * dimensions);
      await store.add([n + i], vector);
      let hit = await store.nearest(vector);
      while (hit !== n + i && performance.now() - due < GIVE_UP_MS) {
        await Bun.sleep(1);
        hit = await store.nearest(vector);
      }
      if (hit === n + i) waits.push(performance.now() - due);
    },
  });
  const requests = Array.from({ length: Math.ceil(n / REQUEST) }, (_, i) => request(i * REQUEST));
  const gaps = await serve([...requests, ...Array.from({ length: probes }, (_, i) => probe(i))]);
  await store.close();
  return { foundMs: percentiles(waits, GIVE_UP_MS), probes, found: waits.length, ...gaps };
}

/** Lets everything come when it is due, one arrival in a turn of the event loop, and times the turns. */
async function serve(arrivals: Arrival[]): Promise<Pick<ArrivalsMeasurement, "longestGapMs" | "blocked">> {
  arrivals.sort((a, b) => a.dueMs - b.dueMs);
  const handled: (void | Promise<void>)[] = [];
  let longestGapMs = 0;
  let longMs = 0;
  const start = performance.now();
  let last = start;
  await new Promise<void>((resolve) => {
    const turn = () => {
      const now = performance.now();
      const gap = now - last;
      last = now;
      longestGapMs = Math.max(longestGapMs, gap);
      if (gap > LONG_MS) longMs += gap;
      const next = arrivals[handled.length];
      if (next === undefined) return resolve();
      const due = start + next.dueMs;
      if (now >= due) handled.push(next.come(due));
      setImmediate(turn);
    };
    turn();
  });
  const blocked = longMs / (last - start);
  await Promise.all(handled);
  return { longestGapMs, blocked };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
