/* What can a user choose, what stands in when they don't, and what is refused? */
import { MAX_DIMENSIONS, MAX_EF, MAX_M, MAX_PAGES, MAX_WORKERS, MIN_M } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import { canStartThreads, cores } from "../runtime/platform.ts";
import { type BatchingPolicy, DEFAULT_BATCHING } from "../scheduler/batching.ts";
import { DEFAULT_STEALING, type StealingPolicy } from "../scheduler/stealing.ts";
import type { Key } from "../values/keys.ts";
import { METRICS, type Metric } from "../values/metric.ts";
import type { SnapshotSource } from "../values/snapshot-source.ts";

/** Something went wrong in a worker and was put right. */
export interface Incident {
  /** Its number; −1 for the journal and the snapshot thread. */
  worker: number;
  /**
   * `trap`: a call into the core failed; `exit`: the worker ended and is replaced; `lost`: it ends again and again;
   * `journal`, `snapshot`: one of these could not be written, is written again, or its thread was replaced or given up.
   */
  kind: "trap" | "exit" | "lost" | "journal" | "snapshot";
  message: string;
}

export interface OpenOptions {
  /** Floats in every vector, 1 to 4,096. */
  dimensions: number;
  /** Default `"cosine"`. */
  metric?: Metric;
  /**
   * Threads that link vectors, 0 to 64; 0 does everything on the calling thread. Default: one per core, 0 where there are
   * none.
   */
  workers?: number;
  /** Shared memories of up to 4 GiB that the spaces are spread over, 1 to 32. Default 4. */
  partitions?: number;
  /** Bytes that all partitions together may use, split evenly. Default: what their address space holds. */
  memoryLimit?: number;
  /** Base of the list lengths, 4 to 64: about 1.75 M neighbours are chosen per insert. Default 16. */
  M?: number;
  /** Candidates kept while a vector is linked, 8 to 1,024. More: better recall, slower inserts. Default 32. */
  efConstruction?: number;
  /** Default of `search`'s `ef`. 64 unless given. */
  ef?: number;
  /** Live vectors up to which a space is scanned exactly instead of having a graph, 0 to 1,000,000. Default 1,000. */
  flatBelow?: number;
  /** Accepted and not yet linked ops that one space may hold before adds wait, 64 to 1,000,000. Default 16,384. */
  maxPending?: number;
  /** `"auto"` searches with 7-bit codes where they serve, `"none"` always in f32. Default `"auto"`. */
  quantization?: "auto" | "none";
  /**
   * Seed of the levels: with up to one worker the same ops in the same order make the same graph, as long as nothing is
   * compacted meanwhile. A 32-bit unsigned integer, default 1.
   */
  seed?: number;
  /** How many ops a worker takes at once; what is not given stays at its default. */
  batching?: Partial<BatchingPolicy>;
  /** When an idle worker takes another's work; what is not given stays at its default. */
  stealing?: Partial<StealingPolicy>;
  /** A wait in which nothing moves for so long is given up with TIMEOUT. Default 30,000. */
  timeoutMs?: number;
  /**
   * The compiled core, where a program may not compile code or has no file to read it from, as on isolate platforms:
   * import `hnsw-workers/core.wasm` (`hnsw-workers/core.baseline.wasm` without relaxed SIMD), which is for memory that is
   * not shared, so for `workers: 0`; or `hnsw-workers/core.shared.wasm` (`hnsw-workers/core.shared.baseline.wasm`), which
   * is for workers.
   */
  core?: WebAssembly.Module;
  /** What `index.export()` gave, here or elsewhere: the index starts with it. Not together with `path`. */
  from?: SnapshotSource;
  /**
   * Folder that the index is kept in; made if it is not there. One that is relative is where the process stands when it
   * opens the index, and stays there. Without it the index lives in memory only.
   */
  path?: string;
  /**
   * `"commit"`: an op resolves when it is on the disk; `"relaxed"`: when it is accepted, and it is on the disk within
   * 100 ms. Default `"commit"`.
   */
  durability?: "commit" | "relaxed";
  /** What to do with a damaged folder: `"refuse"` it, or `"salvage"` what is readable. Default `"refuse"`. */
  onDamage?: "refuse" | "salvage";
  /** Bytes that the journal grows by between snapshots, 1 MiB to 1 TiB. Default 256 MiB. */
  snapshotAfterBytes?: number;
  /**
   * Told of trapped and replaced threads, and of a disk that fails. Default: a process warning. What it throws is an
   * uncaught exception, and stops nothing.
   */
  onIncident?: (incident: Incident) => void;
}

export interface SearchOptions {
  /** How many neighbours, a positive integer. Default 10. */
  k?: number;
  /** Candidates kept while searching; below `k` it is raised to `k`. Above 4,096 the scan is exact. */
  ef?: number;
  /** Only keys for which this returns true are hits. Called at most once per key and search. */
  filter?: (key: Key) => boolean;
}

/** Options with every default filled in. Can be posted to another thread. */
export interface Settings
  extends Required<Omit<OpenOptions, "batching" | "stealing" | "onIncident" | "path" | "from" | "core">> {
  path: string | null;
  batching: BatchingPolicy;
  stealing: StealingPolicy;
}

const PARTITION_BYTES = MAX_PAGES * 65536 - 65536;
const MIN_PARTITION_BYTES = 2 ** 20;

const NAMES = [
  ...["dimensions", "metric", "workers", "partitions", "memoryLimit", "M", "efConstruction", "ef", "flatBelow"],
  ...["maxPending", "quantization", "seed", "batching", "stealing", "timeoutMs", "onIncident"],
  ...["path", "durability", "onDamage", "snapshotAfterBytes", "from", "core"],
];

/** Where the index is to be kept, or null. Throws BAD_OPTION. */
export function resolvePath(given: OpenOptions): string | null {
  if (typeof given !== "object" || given === null) throw bad("open needs an object with at least `dimensions`.");
  const { path } = given;
  if (path === undefined) {
    for (const name of ["durability", "onDamage", "snapshotAfterBytes"] as const) {
      if (given[name] !== undefined) throw bad(`\`${name}\` needs \`path\`: without it the index is in memory only.`);
    }
    return null;
  }
  if (given.core !== undefined) throw bad("`core` and `path` exclude one another: a folder needs Bun and its threads.");
  if (given.from !== undefined) throw bad("`from` and `path` exclude one another: the folder says what is in it.");
  if (typeof path !== "string" || path === "") throw bad(`\`path\` must be a folder's name, not ${show(path)}.`);
  return path;
}

/** Checks what `open` was given and fills in the defaults. `threads`: whether there can be any. Throws BAD_OPTION. */
export function resolveOptions(given: OpenOptions, threads = canStartThreads): Settings {
  const path = resolvePath(given);
  refuseUnknown(given, NAMES, "open");
  if (given.dimensions === undefined) throw bad("`dimensions` is required: the number of floats in every vector.");
  if (given.onIncident !== undefined && typeof given.onIncident !== "function") {
    throw bad("`onIncident` must be a function.");
  }
  if (given.core !== undefined && !(given.core instanceof WebAssembly.Module)) {
    throw bad("`core` must be a WebAssembly.Module: the import of `hnsw-workers/core.wasm`.");
  }
  const partitions = integer("partitions", given.partitions, 4, 1, 32);
  const everything = partitions * PARTITION_BYTES;
  const batching = resolveBatching(given.batching);
  return {
    dimensions: integer("dimensions", given.dimensions, 0, 1, MAX_DIMENSIONS),
    metric: oneOf("metric", given.metric, "cosine", Object.keys(METRICS) as Metric[]),
    workers: integer(
      "workers",
      given.workers,
      threads ? Math.max(1, Math.min(MAX_WORKERS, cores())) : 0,
      0,
      MAX_WORKERS,
    ),
    partitions,
    memoryLimit: integer("memoryLimit", given.memoryLimit, everything, partitions * MIN_PARTITION_BYTES, everything),
    M: integer("M", given.M, 16, MIN_M, MAX_M),
    efConstruction: integer("efConstruction", given.efConstruction, 32, 8, 1024),
    ef: integer("ef", given.ef, 64, 1, MAX_EF),
    flatBelow: integer("flatBelow", given.flatBelow, 1000, 0, 1_000_000),
    maxPending: integer("maxPending", given.maxPending, 16384, 64, 1_000_000),
    quantization: oneOf("quantization", given.quantization, "auto", ["auto", "none"]),
    seed: integer("seed", given.seed, 1, 0, 0xffffffff),
    timeoutMs: integer("timeoutMs", given.timeoutMs, 30_000, 1, 2 ** 31 - 1),
    batching,
    stealing: resolveStealing(given.stealing),
    path,
    durability: oneOf("durability", given.durability, "commit", ["commit", "relaxed"]),
    onDamage: oneOf("onDamage", given.onDamage, "refuse", ["refuse", "salvage"]),
    snapshotAfterBytes: integer("snapshotAfterBytes", given.snapshotAfterBytes, 2 ** 28, 2 ** 20, 2 ** 40),
  };
}

function resolveBatching(given: Partial<BatchingPolicy> | undefined): BatchingPolicy {
  const policy = DEFAULT_BATCHING;
  if (given === undefined) return policy;
  if (typeof given !== "object" || given === null) throw bad("`batching` must be an object.");
  refuseUnknown(given, Object.keys(policy), "batching");
  const resolved = {
    min: integer("batching.min", given.min, policy.min, 1, 65536),
    max: integer("batching.max", given.max, policy.max, 1, 65536),
    lowDepth: integer("batching.lowDepth", given.lowDepth, policy.lowDepth, 1, 1_000_000),
    highDepth: integer("batching.highDepth", given.highDepth, policy.highDepth, 2, 10_000_000),
    latencyMsLow: integer("batching.latencyMsLow", given.latencyMsLow, policy.latencyMsLow, 1, 60_000),
    latencyMsHigh: integer("batching.latencyMsHigh", given.latencyMsHigh, policy.latencyMsHigh, 1, 60_000),
  };
  if (resolved.min > resolved.max)
    throw bad(`\`batching.min\` (${resolved.min}) must not exceed \`max\` (${resolved.max}).`);
  if (resolved.lowDepth >= resolved.highDepth) throw bad("`batching.lowDepth` must be below `highDepth`.");
  return resolved;
}

function resolveStealing(given: Partial<StealingPolicy> | undefined): StealingPolicy {
  const policy = DEFAULT_STEALING;
  if (given === undefined) return policy;
  if (typeof given !== "object" || given === null) throw bad("`stealing` must be an object.");
  refuseUnknown(given, Object.keys(policy), "stealing");
  const { enabled = policy.enabled, fraction = policy.fraction } = given;
  if (typeof enabled !== "boolean") throw bad("`stealing.enabled` must be true or false.");
  if (typeof fraction !== "number" || !(fraction > 0 && fraction <= 1)) {
    throw bad(`\`stealing.fraction\` must be above 0 and at most 1, not ${show(fraction)}.`);
  }
  return {
    enabled,
    fraction,
    threshold: integer("stealing.threshold", given.threshold, policy.threshold, 0, 1_000_000),
    latencyMs: integer("stealing.latencyMs", given.latencyMs, policy.latencyMs, 1, 60_000),
  };
}

/** What a search was asked for, with defaults. Throws BAD_OPTION or BAD_K. */
export function resolveSearch(
  given: SearchOptions | undefined,
  defaultEf: number,
): Required<Pick<SearchOptions, "k" | "ef">> & Pick<SearchOptions, "filter"> {
  if (given === undefined) return { k: 10, ef: Math.max(10, defaultEf) };
  if (typeof given !== "object" || given === null) throw bad("Search options must be an object.");
  for (const name in given) {
    if (name !== "k" && name !== "ef" && name !== "filter") refuseUnknown(given, ["k", "ef", "filter"], "search");
  }
  const { k = 10, ef = defaultEf, filter } = given;
  if (!Number.isSafeInteger(k) || k < 1)
    throw new HnswError("BAD_K", `\`k\` must be a positive integer, not ${show(k)}.`);
  if (!Number.isSafeInteger(ef) || ef < 1) throw bad(`\`ef\` must be a positive integer, not ${show(ef)}.`);
  if (filter !== undefined && typeof filter !== "function") throw bad("`filter` must be a function on keys.");
  return { k: Math.min(k, 0xfffffff), ef: Math.min(Math.max(k, ef), 0xfffffff), filter };
}

function refuseUnknown(given: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    const hint = near ? `did you mean \`${near}\`?` : `known are ${known.join(", ")}.`;
    throw bad(`\`${name}\` is not an option of ${where}; ${hint}`);
  }
}

function integer(name: string, value: unknown, byDefault: number, low: number, high: number): number {
  if (value === undefined) return byDefault;
  if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  throw bad(`\`${name}\` must be an integer from ${low} to ${high}, not ${show(value)}.`);
}

function oneOf<T extends string>(name: string, value: unknown, byDefault: T, choices: readonly T[]): T {
  if (value === undefined) return byDefault;
  if (choices.includes(value as T)) return value as T;
  throw bad(`\`${name}\` must be ${choices.map((choice) => `"${choice}"`).join(" or ")}, not ${show(value)}.`);
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "string" ? `"${value}"` : String(value);
}

function bad(message: string): HnswError {
  return new HnswError("BAD_OPTION", message);
}
