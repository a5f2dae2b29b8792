/* `bun tests/stress/run.ts --runs N [--seed S] [--workers W] [--ops O]`: many stress runs, and their totals. */
import { parseArgs } from "node:util";
import { hitsInWords } from "./faults.ts";
import { type Batch, playApart, playHere, Tally } from "./lane.ts";

const RUNS_IN_A_PROCESS = 10;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    ops: { type: "string", default: "250" },
    workers: { type: "string" },
    /** A batch as JSON, to be played in this process; used by lane.ts. */
    here: { type: "string" },
  },
});

async function playAll(): Promise<void> {
  const [runs, first] = [Number(values.runs), Number(values.seed)];
  const workers = values.workers === undefined ? [8, 8, 2, 1, 0] : [Number(values.workers)];
  const tally = new Tally();
  const start = performance.now();
  let printed = 0;
  for (let done = 0; done < runs; done += RUNS_IN_A_PROCESS) {
    const count = Math.min(RUNS_IN_A_PROCESS, runs - done);
    await playApart({ seed: first + done, runs: count, ops: Number(values.ops), workers, points: [] }, tally);
    for (; printed < tally.failures.length; printed++) console.error(tally.failures[printed]);
    if ((done / RUNS_IN_A_PROCESS) % 10 === 9) console.log(`${done + count} runs, ${printed} failed`);
  }
  const { passed, failures, crashes, totals, recall, hits } = tally;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${passed} of ${runs} runs from seed ${first} passed, ${failures.length} failed, ${seconds} s`);
  console.log(
    `${totals.ops} ops, ${totals.kills} workers ended (Bun crashed ${crashes} times), recall ${recall.toFixed(4)}`,
  );
  console.log(`${totals.lost} bytes lost to traps in the arena and the key tables`);
  console.log(`traps: ${hitsInWords(hits)}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

if (values.here !== undefined) await playHere(JSON.parse(values.here) as Batch);
else await playAll();
