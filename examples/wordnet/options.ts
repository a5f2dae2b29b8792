// What does the command line ask the demo for?

import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";

export interface Options {
  help: boolean;
  workers: number;
  /** How many of the largest spaces to load. */
  spaces: number;
  /** How often each synset is ingested, each time under a new key. */
  repeat: number;
  /** Where the figures go as JSON. */
  json: string | undefined;
  /** What to search for after the ingest. */
  sentence: string | undefined;
  /** The space to search; undefined: all that are loaded. */
  space: string | undefined;
  k: number;
}

/** As many as one index takes. */
const WORKERS_MAX = 64;

/** The command line asks for something impossible; the message is meant for the user. */
export class UsageError extends Error {}

export const HELP = `Ingests WordNet's synsets, one space per lexicographer file, and says how fast.

  npm run demo -- [options] [sentence]

A sentence is searched for once everything is in:
  npm run demo -- --space noun.food "yellow curved fruit"

  --workers N    worker threads (default: the machine's cores)
  --spaces N     load only the N largest spaces (default: all)
  --repeat N     ingest every synset N times under new keys (default: 1)
  --json FILE    write the figures to FILE
  --space NAME   search this space only (default: all, merged)
  -k N           hits to print (default: 10)
  --help         print this

Vectors are averaged token vectors of 128 dimensions: MiniLM's token table, no forward pass.
`;

/** `spaceNames` are those that --space may name; `cores` the default of --workers. */
export function parseOptions(args: string[], spaceNames: readonly string[], cores: number): Options {
  const { values, positionals } = parse(args);
  const sentence = positionals.length > 0 ? positionals.join(" ").trim() : undefined;
  if (sentence === "") throw new UsageError("the sentence is empty");
  if (values.space !== undefined) {
    requireSpace(values.space, spaceNames);
    if (sentence === undefined) throw new UsageError("--space says where to search, but there is no sentence");
  }
  return {
    help: values.help ?? false,
    workers: count("--workers", values.workers, Math.min(Math.max(cores, 1), WORKERS_MAX), WORKERS_MAX),
    spaces: count("--spaces", values.spaces, spaceNames.length, spaceNames.length),
    repeat: count("--repeat", values.repeat, 1),
    json: values.json,
    sentence,
    space: values.space,
    k: count("-k", values.k, 10),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        workers: { type: "string" },
        spaces: { type: "string" },
        repeat: { type: "string" },
        json: { type: "string" },
        space: { type: "string" },
        k: { type: "string", short: "k" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function count(option: string, text: string | undefined, otherwise: number, max = 1_000_000): number {
  if (text === undefined) return otherwise;
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > max) {
    throw new UsageError(`${option} takes a whole number from 1 to ${max}, not "${text}"`);
  }
  return number;
}

function requireSpace(name: string, spaceNames: readonly string[]): void {
  if (spaceNames.includes(name)) return;
  const near = nearest(name, spaceNames, 3);
  throw new UsageError(`there is no space "${name}"; did you mean ${near.join(", ")}?`);
}
