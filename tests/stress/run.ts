/*
 * `bun tests/stress/run.ts --runs N [--seed S] [--workers W] [--ops O]`: many stress runs, a few at a time in a process
 * of their own, because ending workers can crash Bun itself; such runs are counted apart and played again.
 */
import { parseArgs } from "node:util";
import { addHits, type Hits, hitsInWords } from "./faults.ts";
import { play, type Report } from "./rounds.ts";

const WORKERS = [8, 8, 2, 1, 0]; // in turn, unless --workers is given
const RUNS_IN_A_PROCESS = 10;
const MS_MAX_PER_RUN = 90_000; // a process that makes no headway for so long hangs

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    ops: { type: "string", default: "250" },
    workers: { type: "string" },
    /** Plays the runs in this process and writes a line of JSON for each. */
    here: { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
const first = Number(values.seed);

type Line = { seed: number; failure?: string; report?: Omit<Report, "hits"> & { hits: [number, number][] } };

async function playHere(): Promise<void> {
  process.emitWarning = () => {}; // where there are no workers, each injected trap gives one
  for (let seed = first; seed < first + runs; seed++) {
    const workers = values.workers === undefined ? WORKERS[seed % WORKERS.length]! : Number(values.workers);
    let line: Line;
    try {
      const report = await play({ seed, workers, ops: Number(values.ops) });
      line = { seed, report: { ...report, hits: [...report.hits] } };
    } catch (error) {
      line = { seed, failure: (error as Error).message };
    }
    console.log(JSON.stringify(line));
  }
}

const hits: Hits = new Map();
const totals = { ops: 0, wanted: 0, found: 0, kills: 0, lost: 0 };
let [passed, failed, crashes] = [0, 0, 0];

/** Plays up to RUNS_IN_A_PROCESS runs from `seed` in a process of their own; answers the seed to go on with. */
async function playApart(seed: number): Promise<number> {
  const count = Math.min(RUNS_IN_A_PROCESS, first + runs - seed);
  const passOn = values.workers === undefined ? [] : ["--workers", values.workers];
  const child = Bun.spawn(
    [process.execPath, import.meta.path, "--here", "--seed", `${seed}`, "--runs", `${count}`, "--ops", values.ops, ...passOn],
    { stdout: "pipe", stderr: "pipe" },
  );
  let next = seed;
  let isHanging = false;
  const giveUp = () => {
    isHanging = true;
    child.kill("SIGKILL");
  };
  let late = setTimeout(giveUp, MS_MAX_PER_RUN);
  const errors = new Response(child.stderr).text();
  let rest = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    clearTimeout(late);
    late = setTimeout(giveUp, MS_MAX_PER_RUN);
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) next = note(JSON.parse(line) as Line) + 1;
  }
  const code = await child.exited;
  clearTimeout(late);
  if (isHanging) fail(next, `seed ${next}: the process hangs${next === seed + count ? " at its end" : ""}`);
  else if ((await errors).includes("Bun has crashed")) crashes++;
  else if (code !== 0 || next < seed + count) fail(next, `seed ${next}: the process ended with ${code}: ${await errors}`);
  return isHanging ? next + 1 : next;
}

function note({ seed, failure, report }: Line): number {
  if (failure !== undefined) fail(seed, failure);
  if (report) {
    passed++;
    addHits(hits, report.hits);
    for (const figure of ["ops", "wanted", "found", "kills", "lost"] as const) totals[figure] += report[figure];
  }
  return seed;
}

function fail(_seed: number, message: string): void {
  failed++;
  console.error(message);
}

async function playAll(): Promise<void> {
  const start = performance.now();
  for (let seed = first; seed < first + runs; ) {
    seed = await playApart(seed);
    if ((seed - first) % 50 < RUNS_IN_A_PROCESS) console.log(`${seed - first} runs, ${failed} failed, Bun crashed ${crashes} times`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${passed} of ${runs} runs from seed ${first} passed, ${failed} failed; Bun crashed ${crashes} times; ${seconds} s`);
  console.log(`${totals.ops} ops, ${totals.kills} workers ended, recall ${(totals.found / totals.wanted).toFixed(4)}`);
  console.log(`${totals.lost} bytes lost to traps in the arena and the key tables`);
  console.log(`traps: ${hitsInWords(hits)}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await (values.here ? playHere() : playAll());
