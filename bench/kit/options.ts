// Which options are there? The same flags for every suite; a suite ignores those it has no use for.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type DatasetName, datasetNames } from "../datasets/index.ts";
import { resultPath } from "./results.ts";

export interface Options {
  /** Vectors of each set; null is the whole set. */
  n: number | null;
  /** Inserting threads; null leaves it to the suite. */
  workers: number | null;
  sets: DatasetName[];
  repeats: number;
  /** Adds a second of open loops. */
  rate: number;
  /** Names of contenders; none: all of them. */
  contenders: string[];
  /** Another build of the core to compare with; for `core`. */
  against: string | null;
  /** Where the result goes. */
  json: string;
}

export const usage = `  --n N             vectors of each set (what the suite says, or the whole set); simulate: milliseconds each
  --workers W       inserting threads; peers only (1, and as many as there are cores)
  --set A,B         of ${datasetNames.join(", ")}, or all (${datasetNames[0]})
  --repeats R       rounds (5)
  --rate R          adds a second of open loops; skew and calibrate (20,000)
  --peers A,B       only these contenders; peers only (all of them)
  --against FILE    another build of the core; core only
  --json FILE       where the result goes (bench/results/); its plots go beside it`;

/** `suite`: its name, which the file of its result gets. */
export function parseOptions(suite: string, args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: "string" },
      workers: { type: "string" },
      set: { type: "string", default: datasetNames[0] as string },
      repeats: { type: "string", default: "5" },
      rate: { type: "string", default: "20000" },
      peers: { type: "string", default: "" },
      against: { type: "string" },
      json: { type: "string" },
    },
  });
  return {
    n: values.n === undefined ? null : positiveInteger("--n", values.n),
    workers: values.workers === undefined ? null : positiveInteger("--workers", values.workers),
    sets: chooseSets(values.set),
    repeats: positiveInteger("--repeats", values.repeats),
    rate: positiveInteger("--rate", values.rate),
    contenders: values.peers.split(",").filter(Boolean),
    against: values.against ?? null,
    json: values.json === undefined ? resultPath(suite) : resolve(values.json),
  };
}

function positiveInteger(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flag} takes a positive integer, not "${text}"`);
  return value;
}

function chooseSets(text: string): DatasetName[] {
  if (text === "all") return datasetNames;
  return text.split(",").map((given) => {
    const found = datasetNames.find((name) => name === given);
    if (!found) throw new Error(`--set takes ${datasetNames.join(", ")} or all, not "${given}"`);
    return found;
  });
}
