// What must a library offer to be measured? Every file of this folder puts one behind this interface.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Searcher } from "../kit/searching.ts";

/** The same for every peer; ours runs with its own defaults and is held to the peer's recall. */
export const M = 16;
export const EF_CONSTRUCTION = 128;

export interface Contender {
  name: string;
  /** What was chosen and what it cannot do, for the report. */
  settings: string;
  ours: boolean;
  /** The most threads it inserts with; a library without parallel insertion says 1. */
  maxThreads: number;
  /** True where the caller's thread works beside the inserting ones, so that W of them can use W + 1 cores. */
  hostThread: boolean;
  /** So slow that it gets a single round. */
  once?: boolean;
  /** The only ones that it is searched with, where each takes a build of its own. */
  efs?: readonly number[];
  /** Why it can't run here, or null when it can. */
  available(): string | null;
  /** An empty index for n vectors. Not timed. */
  open(plan: Plan): Promise<Store>;
  /** The index that a store has saved. Timed up to its first hit; absent where nothing can be loaded. */
  load?(plan: Plan): Promise<Store>;
}

export interface Plan {
  n: number;
  dimensions: number;
  threads: number;
  /** The file it is saved to and loaded from. */
  path: string;
}

export interface Store extends Searcher {
  /** Takes the whole base, row i under the key i; done when every vector is linked. Timed. */
  add(base: Float32Array): void | Promise<void>;
  /** Writes everything to the plan's file, the last call before `close`. Timed; absent where nothing can be saved. */
  save?(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Why a package can't be loaded, or null. Asks the disk: Bun's resolver remembers what was missing before an install. */
export function missingPackage(name: string): string | null {
  const installed = existsSync(join(import.meta.dir, "..", "node_modules", name, "package.json"));
  return installed ? null : `${name} is not installed in bench/node_modules`;
}
