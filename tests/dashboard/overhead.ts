/*
 * How much of the server's processor time does an open dashboard take? In pairs of rounds under the same load, one with a reader of the
 * events that the page lives on, one without: `npx bun tests/dashboard/overhead.ts --rounds 20 --seconds 10`.
 * `--rate`: requests a second; they should keep the server busy and not overtake it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Command } from "../server/serving.ts";
import { Folder } from "../support/folder.ts";

const CALLERS = 8; // each tenth request is a write
const DIMENSIONS = 64;
const POINTS = 5000;

const TEXT = { type: "string" } as const;
const { values } = parseArgs({ options: { rounds: TEXT, seconds: TEXT, rate: TEXT } });
const [rounds, seconds] = [Number(values.rounds ?? 10), Number(values.seconds ?? 10)];
const rate = Number(values.rate ?? 1000);

/** Nanoseconds that the server's threads have run. */
function runBy({ job }: Command): number {
  const tasks = `/proc/${job.pid}/task`;
  const of = (thread: string) => {
    try {
      return Number(readFileSync(`${tasks}/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      return 0; // it has ended
    }
  };
  return readdirSync(tasks).reduce((sum, thread) => sum + of(thread), 0);
}

const vector = () => Array.from({ length: DIMENSIONS }, () => Math.random() - 0.5);

async function send(server: Command, method: string, path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.url}/collections/c${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** At a fixed rate, so that both rounds of a pair do the same; a request that is late is made up for. */
async function load(server: Command): Promise<void> {
  const start = performance.now();
  let next = 0;
  const call = async () => {
    for (let i = next++; i < rate * seconds; i = next++) {
      const early = start + (i * 1000) / rate - performance.now();
      if (early > 0) await Bun.sleep(early);
      if (i % 10 === 0) await send(server, "PUT", "/points?wait=true", { points: [{ id: i, vector: vector() }] });
      else await send(server, "POST", "/points/query", { query: vector(), limit: 10 });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
}

/** Reads the events as the page does, until it is ended. */
async function watch(server: Command): Promise<() => Promise<void>> {
  const ended = new AbortController();
  const { body } = await fetch(`${server.url}/v1/events`, { signal: ended.signal });
  const reading = (async () => {
    for await (const _ of body!);
  })().catch(() => {});
  return async () => {
    ended.abort();
    await reading;
  };
}

async function round(server: Command, isOpen: boolean): Promise<number> {
  const end = isOpen ? await watch(server) : async () => {};
  const before = runBy(server);
  await load(server);
  const after = runBy(server);
  await end();
  return (after - before) / 1e6;
}

using folder = new Folder();
await using server = await Command.start([folder.path]);
await send(server, "PUT", "", { vectors: { size: DIMENSIONS, distance: "Cosine" } });
for (let id = 0; id < POINTS; id += 500) {
  const points = Array.from({ length: 500 }, (_, i) => ({ id: id + i, vector: vector() }));
  await send(server, "PUT", "/points?wait=true", { points });
}
await round(server, true); // warms up
const sums = { open: 0, closed: 0 };
const shares: number[] = [];
for (let i = 0; i < rounds; i++) {
  const [first, second] = [await round(server, i % 2 === 0), await round(server, i % 2 !== 0)];
  const [open, closed] = i % 2 === 0 ? [first, second] : [second, first];
  sums.open += open;
  sums.closed += closed;
  shares.push(100 * (open / closed - 1));
  console.log(
    `round ${i + 1}: ${open.toFixed(0)} ms open, ${closed.toFixed(0)} ms not, ${shares.at(-1)!.toFixed(2)} %`,
  );
}
shares.sort((a, b) => a - b);
const median = shares[shares.length >> 1]!;
const all = 100 * (sums.open / sums.closed - 1);
const perSecond = (sums.open - sums.closed) / (rounds * seconds);
console.log(`the dashboard takes ${median.toFixed(2)} % in the median of ${rounds} pairs, ${all.toFixed(2)} % of all`);
console.log(`${perSecond.toFixed(2)} ms a second`);
