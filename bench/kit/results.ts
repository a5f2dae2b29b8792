// Where does a result go? To a JSON file with everything it was made from.

import { join } from "node:path";
import { SEEDS } from "../datasets/seeds.ts";
import { describeMachine } from "./machine.ts";

/** Where a result goes for which no file was named. */
export function resultPath(suite: string): string {
  const date = new Date().toISOString().replaceAll(":", "").slice(0, 17);
  return join(import.meta.dir, "..", "results", `${suite}-${date}.json`);
}

/** Returns what was saved. */
export async function saveResult<Result>(suite: string, file: string, result: Result) {
  const saved = { suite, date: new Date().toISOString(), machine: describeMachine(), seeds: SEEDS, ...result };
  await Bun.write(file, `${JSON.stringify(saved, null, 2)}\n`);
  return saved;
}
