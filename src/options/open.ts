/* What can a user choose when an index is opened, and what holds where nothing was chosen? */
import { MAX_DIMENSIONS, MAX_EF, MAX_M, MAX_PAGES, MAX_WORKERS, MIN_M } from "../../assembly/layout.ts";
import { cores } from "../runtime/platform.ts";
import type { Module } from "../runtime/types.ts";
import { type BatchingPolicy, DEFAULT_BATCHING } from "../scheduler/batching.ts";
import { DEFAULT_STEALING, type StealingPolicy } from "../scheduler/stealing.ts";
import { METRICS, type Metric } from "../values/metric.ts";
import type { ExportSource } from "../values/reports.ts";
import { badOption, checkCore, integer, isObject, oneOf, readRecall, refuseUnknown, show } from "./checks.ts";
import { DOCUMENT_OPTIONS, type DocumentChoices, type DocumentSettings, readDocumentOptions } from "./documents.ts";
import { DEFAULT_RECALL, MOST_PARTITIONS, MOST_SEED, type Shape } from "./shape.ts";

/** A fault in the background that the index dealt with, or could not. */
export interface Incident {
  /** The worker's number; −1 for the journal, the snapshot thread and a cluster's log. */
  worker: number;
  /**
   * `trap`: a call into the core failed; `exit`: the worker ended and was replaced; `lost`: it kept ending and was given
   * up; `journal`, `snapshot`: it could not be written, is written again, or its thread was replaced or given up; `log`: a
   * message of a cluster's log was left out, or this member has stopped.
   */
  kind: "trap" | "exit" | "lost" | "journal" | "snapshot" | "log";
  message: string;
}

/** Some fields of a policy; those left out have their defaults. */
type Some<Policy> = { [Name in keyof Policy]?: Policy[Name] | undefined };

/** What `open` takes. */
interface Choices {
  /** Floats in every vector, 1 to 4,096. A folder or an export that has an index knows them. */
  dimensions?: number | undefined;
  /** Default `"cosine"`. */
  metric?: Metric | undefined;
  /** Threads that link vectors, 0 to 64. 0: the calling thread does it. Default: one per core, or 0 without threads. */
  workers?: number | undefined;
  /** Shared memories of up to 4 GiB that the spaces are spread over, 1 to 32. Default 4. */
  partitions?: number | undefined;
  /** Bytes that all partitions together may use, split evenly. Default: what their address space holds. */
  memoryLimit?: number | undefined;
  /** Base of the list lengths, 4 to 64: about 1.75 M neighbours are chosen per insert. Default 16. */
  M?: number | undefined;
  /** Candidates kept while a vector is linked, 8 to 1,024. More: better recall, slower inserts. Default 32. */
  efConstruction?: number | undefined;
  /**
   * Share of the 10 nearest that a search is to find, .5 to .999; a search's `ef` is chosen by it. Default .95. A given
   * `ef` or `efConstruction` wins over what it would choose.
   */
  recall?: number | undefined;
  /** Default of `search`'s `ef`, 1 to 4,096. Unless it is given, it follows from `recall` and is 64 or more. */
  ef?: number | undefined;
  /** Live vectors up to which a space is scanned exactly instead of having a graph, 0 to 1,000,000. Default 1,000. */
  flatBelow?: number | undefined;
  /** Ops of one space that may be accepted but not yet linked before adds wait, 64 to 1,000,000. Default 16,384. */
  maxPending?: number | undefined;
  /** `"auto"` searches with 7-bit codes where they serve, `"none"` always in f32. Default `"auto"`. */
  quantization?: "auto" | "none" | undefined;
  /**
   * Seed of the levels: with up to one worker the same ops in the same order make the same graph, unless a compaction
   * ran. A 32-bit unsigned integer, default 1.
   */
  seed?: number | undefined;
  /** How many ops a worker takes at once; each field has a default of its own. */
  batching?: Some<BatchingPolicy> | undefined;
  /** When an idle worker takes another's work; each field has a default of its own. */
  stealing?: Some<StealingPolicy> | undefined;
  /** A wait during which nothing moves for this long ends with TIMEOUT. Default 30,000. */
  timeoutMs?: number | undefined;
  /**
   * The compiled core, for programs that may not compile code or have no file to read it from, as on isolate platforms:
   * import `hnsw-workers/core.wasm` (`hnsw-workers/core.baseline.wasm` without relaxed SIMD) for `workers: 0`, or for
   * workers `hnsw-workers/core.shared.wasm` (`hnsw-workers/core.shared.baseline.wasm`).
   */
  core?: Module | undefined;
  /** An export, made by `index.export()` here or elsewhere, that the index starts with. Not together with `path`. */
  from?: ExportSource | undefined;
  /**
   * Folder that the index is kept in, created if there is none. A relative path is resolved when the index is opened.
   * Without a path the index lives in memory only.
   */
  path?: string | undefined;
  /**
   * `"commit"`: an op resolves when it is on the disk; `"relaxed"`: when it is accepted, and it is on the disk within
   * 100 ms. Default `"commit"`.
   */
  durability?: "commit" | "relaxed" | undefined;
  /** What to do with a damaged folder: `"refuse"` it, or `"salvage"` what is readable. Default `"refuse"`. */
  onDamage?: "refuse" | "salvage" | undefined;
  /** Bytes that the journal grows by between snapshots, 1 MiB to 1 TiB. Default 256 MiB. */
  snapshotAfterBytes?: number | undefined;
  /**
   * Called for trapped and replaced threads, and for a disk that fails. Default: a process warning. What it throws
   * becomes an uncaught exception, and stops nothing.
   */
  onIncident?: ((incident: Incident) => void) | undefined;
}

/** Without `path` or `from` nothing else knows the dimensions. `M`: what documents look like. */
export type OpenOptions<M = unknown> = Choices &
  DocumentChoices<M> &
  ({ dimensions: number } | { path: string } | { from: ExportSource });

/** All of them, with a value. */
type Filled<Options> = { [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** Options with every default filled in. Can be posted to another thread. */
export interface Settings
  extends Filled<Omit<Choices, "ef" | "batching" | "stealing" | "onIncident" | "path" | "from" | "core">>,
    DocumentSettings {
  /** null: it follows from `recall`. */
  ef: number | null;
  path: string | null;
  batching: BatchingPolicy;
  stealing: StealingPolicy;
}

/** @internal The checked options of an `open`. A folder, an export or the runtime may decide what is undefined. */
export interface OpenRequest extends Pick<Choices, "workers" | "memoryLimit" | "from" | "core" | "onIncident"> {
  shape: Partial<Shape>;
  settled: Omit<Settings, keyof Shape | "workers" | "memoryLimit">;
}

const PARTITION_BYTES = MAX_PAGES * 65536 - 65536;
const MIN_PARTITION_BYTES = 2 ** 20;
const PARTITIONS = 4;

const NAMES = [
  ...["dimensions", "metric", "workers", "partitions", "memoryLimit", "M", "efConstruction", "ef"],
  ...["recall", "flatBelow"],
  ...["maxPending", "quantization", "seed", "batching", "stealing", "timeoutMs", "onIncident"],
  ...["path", "durability", "onDamage", "snapshotAfterBytes", "from", "core"],
  ...DOCUMENT_OPTIONS,
];

/** @internal Checks the options of an `open`, before anything is read or created. Throws BAD_OPTION. */
export function readOptions(given: OpenOptions): OpenRequest {
  if (!isObject(given)) throw badOption("open needs an object with at least `dimensions`, `path` or `from`.");
  const path = readPath(given);
  refuseUnknown(given, NAMES, "open");
  const { onIncident, from, core } = given;
  if (given.dimensions === undefined && from === undefined && path === null) throw noDimensions();
  if (onIncident !== undefined && typeof onIncident !== "function") throw badOption("`onIncident` must be a function.");
  checkCore(core);
  const partitions = integer("partitions", given.partitions, undefined, 1, MOST_PARTITIONS);
  const [fewest, most] = path === null ? [PARTITIONS, PARTITIONS] : [1, MOST_PARTITIONS]; // unless their number is given
  return {
    shape: {
      dimensions: integer("dimensions", given.dimensions, undefined, 1, MAX_DIMENSIONS),
      metric: oneOf("metric", given.metric, undefined, Object.keys(METRICS) as Metric[]),
      M: integer("M", given.M, undefined, MIN_M, MAX_M),
      seed: integer("seed", given.seed, undefined, 0, MOST_SEED),
      partitions,
    },
    workers: integer("workers", given.workers, undefined, 0, MAX_WORKERS),
    memoryLimit: readLimit(given.memoryLimit, partitions ?? fewest, partitions ?? most),
    settled: {
      efConstruction: integer("efConstruction", given.efConstruction, 32, 8, 1024),
      recall: readRecall("recall", given.recall, DEFAULT_RECALL),
      ef: integer("ef", given.ef, null, 1, MAX_EF),
      flatBelow: integer("flatBelow", given.flatBelow, 1000, 0, 1_000_000),
      maxPending: integer("maxPending", given.maxPending, 16384, 64, 1_000_000),
      quantization: oneOf("quantization", given.quantization, "auto", ["auto", "none"]),
      timeoutMs: integer("timeoutMs", given.timeoutMs, 30_000, 1, 2 ** 31 - 1),
      batching: readBatching(given.batching),
      stealing: readStealing(given.stealing),
      path,
      durability: oneOf("durability", given.durability, "commit", ["commit", "relaxed"]),
      onDamage: oneOf("onDamage", given.onDamage, "refuse", ["refuse", "salvage"]),
      snapshotAfterBytes: integer("snapshotAfterBytes", given.snapshotAfterBytes, 2 ** 28, 2 ** 20, 2 ** 40),
      ...readDocumentOptions(given),
    },
    ...{ from, core, onIncident },
  };
}

/** @internal What a folder or an export knows of its index; its fields with those that `open` adds. */
export type Known = Partial<Shape> & { fields?: Settings["fields"] };

/** @internal Decides what is still undefined. `known`: what a folder or an export was created with. Throws BAD_OPTION. */
export function completeSettings(request: OpenRequest, threads: boolean, known: Known = {}): Settings {
  const { shape, settled, workers, memoryLimit } = request;
  const { fields = settled.fields, ...made } = known;
  const { dimensions, metric = "cosine", M = 16, seed = 1, partitions = PARTITIONS } = { ...shape, ...made };
  if (dimensions === undefined) throw noDimensions();
  return frozen({
    ...settled,
    ...{ dimensions, metric, M, seed, partitions, fields },
    workers: workers ?? (threads ? Math.max(1, Math.min(MAX_WORKERS, cores())) : 0),
    memoryLimit: readLimit(memoryLimit, partitions, partitions) ?? partitions * PARTITION_BYTES,
  });
}

/** @internal The same settings; `index.options` shows them, and no caller can change what the index goes by. */
export function frozen(settings: Settings): Settings {
  Object.freeze(settings.batching);
  Object.freeze(settings.stealing);
  Object.freeze(settings.fields);
  return Object.freeze(settings);
}

function noDimensions(): Error {
  return badOption("`dimensions` is required, the floats in every vector: no index is there yet that knows them.");
}

function readPath(given: OpenOptions): string | null {
  const { path } = given;
  if (path === undefined) {
    for (const name of ["durability", "onDamage", "snapshotAfterBytes"] as const) {
      if (given[name] === undefined) continue;
      throw badOption(`\`${name}\` needs \`path\`: without it the index is in memory only.`);
    }
    return null;
  }
  if (given.core !== undefined) throw badOption("`core` and `path` exclude each other: a folder needs Bun's threads.");
  if (given.from !== undefined) throw badOption("`from` and `path` exclude each other: the folder has the content.");
  if (typeof path !== "string" || path === "") throw badOption(`\`path\` must be a folder's name, not ${show(path)}.`);
  return path;
}

/** Bytes of between `fewest` and `most` partitions. */
function readLimit(given: number | undefined, fewest: number, most: number): number | undefined {
  return integer("memoryLimit", given, undefined, fewest * MIN_PARTITION_BYTES, most * PARTITION_BYTES);
}

function readBatching(given: Partial<BatchingPolicy> = {}): BatchingPolicy {
  const policy = DEFAULT_BATCHING;
  if (!isObject(given)) throw badOption("`batching` must be an object.");
  refuseUnknown(given, Object.keys(policy), "batching");
  const field = (name: keyof BatchingPolicy, low: number, high: number) =>
    integer(`batching.${name}`, given[name], policy[name], low, high);
  const read = {
    min: field("min", 1, 65536),
    max: field("max", 1, 65536),
    lowDepth: field("lowDepth", 1, 1_000_000),
    highDepth: field("highDepth", 2, 10_000_000),
    latencyMsLow: field("latencyMsLow", 1, 60_000),
    latencyMsHigh: field("latencyMsHigh", 1, 60_000),
    bulk: field("bulk", 16, 0xffffff),
  };
  if (read.min > read.max) throw badOption(`\`batching.min\` (${read.min}) must not exceed \`max\` (${read.max}).`);
  if (read.lowDepth >= read.highDepth) throw badOption("`batching.lowDepth` must be below `highDepth`.");
  return read;
}

function readStealing(given: Partial<StealingPolicy> = {}): StealingPolicy {
  const policy = DEFAULT_STEALING;
  if (!isObject(given)) throw badOption("`stealing` must be an object.");
  refuseUnknown(given, Object.keys(policy), "stealing");
  const { enabled = policy.enabled, fraction = policy.fraction } = given;
  if (typeof enabled !== "boolean") throw badOption("`stealing.enabled` must be true or false.");
  if (typeof fraction !== "number" || !(fraction > 0 && fraction <= 1)) {
    throw badOption(`\`stealing.fraction\` must be above 0 and at most 1, not ${show(fraction)}.`);
  }
  return {
    enabled,
    fraction,
    threshold: integer("stealing.threshold", given.threshold, policy.threshold, 0, 1_000_000),
    latencyMs: integer("stealing.latencyMs", given.latencyMs, policy.latencyMs, 1, 60_000),
  };
}
