// What does the way over HTTP cost? A server in a process of its own and a client over loopback, with the same work embedded.

import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { allowedCores } from "../../kit/machine.ts";
import { type Percentiles, percentiles } from "../../kit/statistics.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

const DIMENSIONS = 128;
const BATCH = 100;
const SINGLE_CALLERS = 16;
export const CONNECTIONS = [1, 16, 64] as const;

export interface ServerTask {
  where: "server" | "embedded";
  n: number;
  searches: number;
}

export interface ServerMeasurement {
  /** Points a second, in batches of 100. */
  batched: number;
  /** The same, one at a time by 16 callers. */
  single: number;
  /** Searches a second and how long they took, by callers. */
  searches: { callers: number; perSecond: number; latencyMs: Percentiles }[];
}

/** The work, wherever it is done. */
interface Place {
  add(ids: readonly number[], vectors: readonly number[][]): Promise<unknown>;
  search(vector: readonly number[]): Promise<unknown>;
  /** Resolves once everything is linked. */
  linked(): Promise<unknown>;
}

async function measure({ where, n, searches }: ServerTask): Promise<ServerMeasurement> {
  using folder = new TemporaryFolder();
  const random = new Random(SEEDS.server);
  const vectors = Array.from({ length: n }, () => Array.from({ length: DIMENSIONS }, () => random.normal()));
  const path = join(folder.path, "data");
  return where === "embedded"
    ? await embedded(path, (place) => work(place, vectors, searches))
    : await served(path, (place) => work(place, vectors, searches));
}

async function work(place: Place, vectors: readonly number[][], searches: number): Promise<ServerMeasurement> {
  const { length: n } = vectors;
  const singles = Math.ceil(n / 10);
  const batches = Array.from({ length: Math.ceil((n - singles) / BATCH) }, (_, i) => i * BATCH);
  const batched = await rateOf(4, batches, async (from) => {
    const some = vectors.slice(from, Math.min(from + BATCH, n - singles));
    await place.add(
      some.map((_, i) => from + i),
      some,
    );
  });
  const ones = Array.from({ length: singles }, (_, i) => n - singles + i);
  const single = await rateOf(SINGLE_CALLERS, ones, (i) => place.add([i], [vectors[i]!]));
  await place.linked();
  const found: ServerMeasurement["searches"] = [];
  for (const callers of CONNECTIONS) {
    const all = Array.from({ length: searches }, (_, i) => vectors[(i * 7919) % n]!);
    const { perSecond, waits } = await rateOf(callers, all, (vector) => place.search(vector));
    found.push({ callers, perSecond, latencyMs: percentiles(waits) });
  }
  return { batched: (batched.perSecond * (n - singles)) / batches.length, single: single.perSecond, searches: found };
}

async function rateOf<T>(callers: number, all: readonly T[], call: (one: T) => Promise<unknown>) {
  let next = 0;
  const waits: number[] = [];
  const caller = async () => {
    for (let i = next++; i < all.length; i = next++) {
      const asked = performance.now();
      await call(all[i]!);
      waits.push(performance.now() - asked);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return { perSecond: all.length / ((performance.now() - start) / 1e3), waits };
}

async function embedded<T>(path: string, run: (place: Place) => Promise<T>): Promise<T> {
  await using index = await open({ dimensions: DIMENSIONS, workers: 1, partitions: 1, path });
  const space = index.space("points");
  return await run({
    add: (ids, vectors) => space.addMany(ids, vectors),
    search: (vector) => space.search(vector, { k: 10 }),
    linked: () => index.flush(),
  });
}

async function served<T>(path: string, run: (place: Place) => Promise<T>): Promise<T> {
  const command = [process.execPath, join(import.meta.dir, "../../../src/cli/main.ts"), "serve", path, "--port", "0"];
  const taskset = Bun.which("taskset");
  const core = allowedCores().at(-1)!; // the client has the first
  const job = Bun.spawn(taskset ? [taskset, "-c", `${core}`, ...command] : command, {
    ...{ stdout: "pipe", stderr: "inherit" },
  });
  try {
    let said = "";
    for await (const piece of job.stdout.pipeThrough(new TextDecoderStream())) {
      said += piece;
      if (said.includes("\n")) break;
    }
    const url = `${/listening at (\S+)/.exec(said)![1]}/collections/c`;
    const call = async (method: string, where: string, body: unknown) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(url + where, { method, headers, body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    };
    await call("PUT", "", { vectors: { size: DIMENSIONS, distance: "Cosine" } });
    return await run({
      add: (ids, vectors) =>
        call("PUT", "/points?wait=true", { points: ids.map((id, i) => ({ id, vector: vectors[i] })) }),
      search: (vector) => call("POST", "/points/query", { query: vector, limit: 10 }),
      linked: async () => {
        const stats = async () =>
          (
            (await (await fetch(new URL("/v1/stats", url))).json()) as {
              result: { collections: { pending: number }[] };
            }
          ).result;
        while ((await stats()).collections.some(({ pending }) => pending > 0)) await Bun.sleep(50);
      },
    });
  } finally {
    job.kill();
    await job.exited;
  }
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
