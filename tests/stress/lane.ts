/*
 * How do stress runs survive one another? A few at a time play in a process of their own: ending workers can crash Bun
 * itself (about once in 100 times with 1.4.5, 2026-11-23). Such a run is counted apart and played again.
 */
import { addHits, type Hits, POINTS, RARE_POINTS } from "./faults.ts";
import { play, type Report } from "./rounds.ts";

const SILENT_MS_MAX = 90_000; // a process that prints nothing for that long hangs
const CRASHES_MAX = 3; // in a row at the same run

export interface Batch {
  seed: number;
  runs: number;
  ops: number;
  /** Workers of run i are `workers[(seed + i) % workers.length]`. */
  workers: number[];
  /** Fault points to prefer. */
  points: number[];
}

/** What a run reported, as a line of JSON. */
interface Line {
  seed: number;
  failure?: string;
  report?: Omit<Report, "hits"> & { hits: [number, number][] };
}

/** What many runs came to. */
export class Tally {
  passed = 0;
  crashes = 0;
  readonly failures: string[] = [];
  readonly hits: Hits = new Map();
  readonly totals = { ops: 0, wanted: 0, found: 0, kills: 0, lost: 0 };

  get recall(): number {
    return this.totals.found / this.totals.wanted;
  }

  /** Points that no run has trapped at yet; `tests/core/upkeep/repair.lane.ts` passes the rare ones. */
  get missed(): number[] {
    return POINTS.filter((point) => !this.hits.has(point) && !RARE_POINTS.includes(point));
  }

  add({ failure, report }: Line): void {
    if (failure !== undefined) this.failures.push(failure);
    if (!report) return;
    this.passed++;
    addHits(this.hits, report.hits);
    for (const figure of Object.keys(this.totals) as (keyof typeof this.totals)[])
      this.totals[figure] += report[figure];
  }
}

/** Plays a batch in this process and writes a line for each run. */
export async function playHere({ seed: first, runs, ops, workers, points }: Batch): Promise<void> {
  process.emitWarning = () => {}; // where there are no workers, each injected trap gives one
  for (let seed = first; seed < first + runs; seed++) {
    let line: Line;
    try {
      const report = await play({ seed, workers: workers[seed % workers.length]!, ops, points });
      line = { seed, report: { ...report, hits: [...report.hits] } };
    } catch (error) {
      line = { seed, failure: (error as Error).message };
    }
    console.log(JSON.stringify(line));
  }
}

/** Plays a batch in processes of its own and adds what they reported to the tally. */
export async function playApart(batch: Batch, tally: Tally): Promise<void> {
  const end = batch.seed + batch.runs;
  let crashesInARow = 0;
  for (let seed = batch.seed; seed < end; ) {
    const { next, crashed, failure } = await playOnce({ ...batch, seed, runs: end - seed }, tally);
    crashesInARow = crashed && next === seed ? crashesInARow + 1 : 0;
    if (crashed) tally.crashes++;
    if (failure) tally.failures.push(failure);
    if (crashesInARow === CRASHES_MAX) tally.failures.push(`seed ${seed}: Bun crashed ${CRASHES_MAX} times`);
    seed = failure || crashesInARow === CRASHES_MAX ? next + 1 : next;
  }
}

async function playOnce(batch: Batch, tally: Tally): Promise<{ next: number; crashed: boolean; failure?: string }> {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/run.ts`, "--here", JSON.stringify(batch)], {
    stdout: "pipe",
    stderr: "pipe",
  });
  let next = batch.seed;
  let hangs = false;
  const giveUp = () => {
    hangs = true;
    child.kill("SIGKILL");
  };
  let late = setTimeout(giveUp, SILENT_MS_MAX);
  const errors = new Response(child.stderr).text();
  let rest = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    clearTimeout(late);
    late = setTimeout(giveUp, SILENT_MS_MAX);
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      tally.add(JSON.parse(line) as Line);
      next++;
    }
  }
  const code = await child.exited;
  clearTimeout(late);
  const crashed = (await errors).includes("Bun has crashed");
  if (hangs)
    return {
      next,
      crashed: false,
      failure: `seed ${next}: the process hangs (or does not end after it) ${await errors}`,
    };
  if (crashed || (code === 0 && next === batch.seed + batch.runs)) return { next, crashed };
  return { next, crashed, failure: `seed ${next}: the process ended with ${code}:` };
}
