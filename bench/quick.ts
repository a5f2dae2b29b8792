// Do all experiments run, and what do they say at a glance? One after the other in their quick form; who fails does not
// keep the others from running.

import { relative } from "node:path";
import type { Suite } from "./experiment.ts";
import { printTable } from "./kit/results.ts";
import { sum } from "./kit/statistics.ts";

export interface Outcome {
  name: string;
  seconds: number;
  /** Where the result is. */
  saved: string | null;
  /** What went wrong. */
  error: string | null;
}

/** `run`: answers where a suite's result was saved. */
export async function runAll(
  suites: Record<string, Suite>,
  run: (name: string, suite: Suite, args: readonly string[]) => Promise<string>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, suite] of Object.entries(suites)) {
    console.log(`\n── ${name} ${suite.quick.join(" ")}\n   ${suite.question}\n`);
    outcomes.push(await runOne(name, () => run(name, suite, suite.quick)));
  }
  return outcomes;
}

async function runOne(name: string, run: () => Promise<string>): Promise<Outcome> {
  const start = performance.now();
  const outcome = (saved: string | null, error: string | null): Outcome => ({
    ...{ name, saved, error },
    seconds: (performance.now() - start) / 1e3,
  });
  process.exitCode = 0; // a suite that saves what it has although parts of it failed says so here
  try {
    const saved = await run();
    return outcome(saved, process.exitCode ? "parts of it failed, see above" : null);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(message);
    return outcome(null, message.split("\n")[0] ?? "");
  }
}

/** Prints how it went; answers the exit code. */
export function tellAll(outcomes: Outcome[]): number {
  const failed = outcomes.filter(({ error }) => error !== null);
  const total = sum(outcomes.map(({ seconds }) => seconds));
  console.log("\n── all of them, in their quick form\n");
  const texts = outcomes.map(({ saved, error }) =>
    [...(error === null ? [] : [`FAILED: ${error}`]), ...(saved === null ? [] : [relative("", saved)])].join("; "),
  );
  const width = Math.max(...texts.map((text) => text.length));
  printTable(
    ["suite", "seconds", "saved to".padEnd(width)],
    outcomes.map(({ name, seconds }, i) => [name, seconds.toFixed(1), texts[i]!.padEnd(width)]),
  );
  const verdict = failed.length === 0 ? "none failed" : `failed: ${failed.map(({ name }) => name).join(", ")}`;
  console.log(`\n${outcomes.length} suites in ${total.toFixed(0)} s, ${verdict}`);
  return failed.length === 0 ? 0 : 1;
}
