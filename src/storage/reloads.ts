/*
 * Who has a folder open after `bun --hot` has evaluated the program again, in the same process? What an earlier evaluation
 * has opened: its variables are gone, but threads and locks stay. So opening that folder again closes it first. (The
 * workers of an index in memory end when it can no longer be reached: workers/pool.ts.)
 */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";

export interface Opened {
  handle: { readonly isClosed: boolean };
  index: { close(): Promise<void> };
}

interface Opening {
  /** Of which evaluation. */
  evaluation: number;
  path: string;
  /** What the program has got, or will get; null if it could not be opened. */
  result: Promise<Opened | null>;
}

/** What all evaluations of this module share. */
interface Shared {
  evaluations: number;
  openings: Set<Opening>;
}

const isReloaded = process.execArgv.includes("--hot");
const name = Symbol.for(`evaluations of ${import.meta.url}`); // another copy of the package has its own

const shared = isReloaded ? sharedByEvaluations() : null;
const evaluation = shared === null ? 0 : ++shared.evaluations;

function sharedByEvaluations(): Shared {
  const holder = globalThis as { [name]?: Shared };
  holder[name] ??= { evaluations: 0, openings: new Set() };
  return holder[name];
}

/**
 * Opens a folder for this evaluation of the program. Rejects like `open`. An opening is known to the evaluations after it
 * from the moment it is asked for: each waits for those before it, and closes them, in the order in which they were asked for.
 */
export async function openUntilReload<T extends Opened>(path: string, open: () => Promise<T>): Promise<T> {
  if (shared === null) return await open();
  const place = resolve(path); // the process may change its working directory in the meantime
  const before = [...shared.openings];
  const opening = Promise.all(before.map((one) => closeIfEarlier(one, place))).then(open);
  shared.openings.add({ evaluation, path: place, result: opening.catch(() => null) });
  return await opening;
}

/** Closes what an earlier evaluation has opened at that path, and forgets what is closed. */
async function closeIfEarlier(one: Opening, path: string): Promise<void> {
  if (one.evaluation >= evaluation) return;
  const opened = await one.result;
  if (opened !== null && !opened.handle.isClosed && realPath(one.path) !== realPath(path)) return;
  await opened?.index.close().catch(() => {}); // the disk may refuse: then it is closed all the same
  shared?.openings.delete(one);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
