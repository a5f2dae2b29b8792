// Do all experiments run, and what do they say at a glance? One after the other in their quick form; one that fails does
// not keep the others from running.

import { relative } from "node:path";
import type { Suite } from "./experiment.ts";
import { sum } from "./kit/statistics.ts";
import { table } from "./kit/table.ts";
import { blockText } from "./report/terminal.ts";

export interface Outcome {
  name: string;
  seconds: number;
  /** Where the result is. */
  saved: string | null;
  /** What went wrong. */
  error: string | null;
}

/** `run`: returns where a suite's result was saved. */
export async function runAll(
  suites: Record<string, Pick<Suite, "question" | "quick">>,
  run: (name: string, args: readonly string[]) => Promise<string>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, { question, quick }] of Object.entries(suites)) {
    console.log(`\n── ${name} ${quick.join(" ")}\n   ${question}\n`);
    outcomes.push(await runOne(name, () => run(name, quick)));
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

/** Prints how it went; returns the exit code. */
export function summarise(outcomes: Outcome[]): number {
  const failed = outcomes.filter(({ error }) => error !== null);
  const summary = table(outcomes, [
    ["experiment", "name"],
    ["seconds", "seconds", (seconds) => seconds.toFixed(1)],
    ["", ({ error }) => (error === null ? "" : `FAILED: ${error}`)],
    ["saved to", ({ saved }) => saved && relative("", saved)],
  ]);
  console.log(`\n── all of them, in their quick form\n\n${blockText(summary)}`);
  const total = sum(outcomes.map(({ seconds }) => seconds));
  const verdict = failed.length === 0 ? "none failed" : `failed: ${failed.map(({ name }) => name).join(", ")}`;
  console.log(`\n${outcomes.length} experiments in ${total.toFixed(0)} s, ${verdict}`);
  return failed.length === 0 ? 0 : 1;
}
