/* What do an index and its user exchange: exports, tickets, hits, figures and findings? Types only. */
import type { Instance } from "../runtime/types.ts";
import type { Key } from "./keys.ts";

/** An export, as bytes or as something that yields them. */
export type ExportSource =
  | Uint8Array
  | ArrayBuffer
  | Instance<"Response">
  | Instance<"ReadableStream">
  | Instance<"Blob">;

/** An export on its way: a `ReadableStream` of bytes, such as a `Blob` has. */
export type ExportStream = ReturnType<Instance<"Blob">["stream"]>;

/** What `index.attach()` returns: post it to another thread and pass it to `attach` there. What is in it may change. */
export interface AttachTicket {
  readonly kind: "hnsw-workers-ticket";
}

/** Which way a search took. */
export interface Explanation {
  /** `"exact"`: every match was compared with the query; `"graph"`: a walk of the graph passed by some. */
  way: "exact" | "graph";
  /** Entries that match. */
  matches: number;
  /** Vectors that were compared. */
  visited: number;
}

export interface Hit<K extends Key = Key> {
  /** The key as it was given to `add`. */
  key: K;
  /** cosine: 1 − cos; l2: squared Euclidean; dot: 1 − a·b. Smaller is nearer. */
  distance: number;
}

/** A field of an index. */
export interface FieldStatus {
  type: "keyword" | "number" | "boolean" | "date";
  /** `"building"`: its column is being filled from documents that were there before. */
  state: "ready" | "building";
  /** Documents that were there before it and have a value of another type: they match nothing. */
  mismatches: number;
}

export interface IndexStats {
  workers: WorkerStats[];
  /** Read when it is first looked at: about half a microsecond a space. May throw TIMEOUT. */
  readonly spaces: SpaceStats[];
  /** null without `path`. */
  journal: JournalStats | null;
  latency: LatencyStats;
  bytes: {
    /** Taken by spaces and threads. */
    used: number;
    /** Memory that the partitions have grown to. It is never returned to the OS. */
    reserved: number;
    limit: number;
  };
}

/** How long ops took since `open`. */
export interface LatencyStats {
  /** From a call that writes, on this thread, until its op is accepted; waiting in line counts. A call of many is one op. */
  accept: Latency;
  /** Of linking one vector, by all workers. */
  link: Latency;
  /** Of group commits of the journal; null without `path`. */
  commit: Latency | null;
  /** Of `space.search` on this thread. */
  search: Latency;
}

export interface Latency {
  count: number;
  meanMs: number;
  /** At most 1.42 times what half, nine tenths and 99 of 100 took; 0 where there are none. */
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /** @internal Counts by the bounds of latencies.ts. */
  buckets: readonly number[];
}

export interface WorkerStats {
  worker: number;
  /** Whether the thread runs. With `workers: 0` the thread that opened the index is worker 0. */
  alive: boolean;
  /** Accepted ops of its home spaces that no worker has claimed yet. */
  queueDepth: number;
  /** Ops linked, including stolen ones. Spaces that are small enough to be scanned are never linked. */
  linked: number;
  batches: number;
  /** Mean ops in a batch. */
  meanBatch: number;
  lastBatch: number;
  /** Times that it took work from another worker, and the ops taken. */
  steals: number;
  stolen: number;
  /** The ops taken, by the number of the worker that they waited for. */
  stolenFrom: number[];
  /** Steps of compactions; each moves up to 64 vectors. */
  moved: number;
  /** Share of the time since `open` that it spent working, 0 to 1. */
  busy: number;
  /** Milliseconds since `open` that it spent working: the difference of two readings is its work between them. */
  busyMs: number;
  /** Calls into the core that trapped and were repaired. */
  traps: number;
  /** How often its thread was replaced. Known to the thread that opened the index: 0 on others. */
  restarts: number;
}

export interface SpaceStats {
  name: string;
  partition: number;
  live: number;
  /** Replaced and deleted vectors that still take memory. */
  dead: number;
  /** Accepted and not yet linked; searches scan them. */
  pending: number;
  /** All that it takes; of it, beside keys: */
  bytes: number;
  /** vectors, with room for more; */
  vectorBytes: number;
  /** codes and links of its graph, with room for more; */
  graphBytes: number;
  /** documents, with the lists among their fields' values, and room for more; */
  documentBytes: number;
  /** single values of fields, a cell each; */
  columnBytes: number;
  /** keywords, each once. */
  dictionaryBytes: number;
  kind: "flat" | "graph";
  /**
   * What a search of the graph compares vectors by: `"f32"` with `quantization: "none"`, once codes went blind, and where they
   * do not reach the recall that was asked for.
   */
  beam: "codes" | "f32";
  compactions: number;
  /** Vectors that could not be linked; searches scan them. */
  quarantined: number;
  /**
   * Codes that could no longer tell vectors apart have linked these (or fewer): they are linked again in f32. Searches
   * scan them until then.
   */
  relinking: number;
  /** The worker that links the space unless another one steals from it. */
  home: number;
  /** The `ef` of a search for 10 hits that gives none; null: every vector is compared, as in a flat space. */
  ef: number | null;
  /** What such a search finds, as it was measured; null before that, and for a flat space, which finds all. */
  recall: RecallReport | null;
}

/** Which share of the true nearest a search finds with the `ef` in use, as measured on the graph that it searches. */
export interface RecallReport {
  /** For 1, 10 and 100 hits. */
  at1: MeasuredShare;
  at10: MeasuredShare;
  at100: MeasuredShare;
  /** Stored vectors that were searched for, each as if it were not stored. */
  stored: number;
  /** Queries that had come to `search`, and what was found of their 10 nearest alone; null without any. */
  searched: number;
  ofSearches: number | null;
  /** Vectors in the space when it was measured. */
  vectors: number;
}

export interface MeasuredShare {
  /** 0 to 1. */
  recall: number;
  /** Its standard error, which goes with the number of queries. */
  error: number;
}

/** The journal of an index that is kept at a `path`, since it was opened. */
export interface JournalStats {
  /** Ops written to the disk, the group commits that wrote them, and their bytes. */
  ops: number;
  groups: number;
  bytes: number;
  meanGroup: number;
  meanCommitMs: number;
  lastCommitMs: number;
  /** Why nothing can be written at the moment, or null. */
  failure: string | null;
  /** Snapshots of spaces, their bytes, and the time that they took. */
  snapshots: number;
  snapshotBytes: number;
  snapshotMs: number;
  /** How often the journal's or the snapshots' thread was replaced. */
  restarts: number;
}

export interface CheckReport {
  /** Whether nothing is wrong. */
  ok: boolean;
  /** What is wrong, a line each: the space and the broken promise. */
  problems: string[];
  /** What is right and costs time, a line each: the space, and that its codes can't tell its vectors apart. */
  warnings: string[];
  /** Linked vectors that a walk of the graphs did not reach; they were linked again. */
  unreachable: number;
}

/** What opening a folder found. */
export interface RecoveryReport {
  /** Spaces that came back from a snapshot. */
  snapshots: number;
  /** Ops that were read from the journal. */
  replayed: number;
  /** What was damaged, a line each. Without salvage only harmless damage, such as a snapshot with a sound predecessor. */
  problems: string[];
  ms: number;
}

/** What a backup holds. */
export interface BackupReport {
  /** Number of the last op of each partition. */
  sequences: number[];
  /** Of snapshots. */
  files: number;
  bytes: number;
  ms: number;
}
