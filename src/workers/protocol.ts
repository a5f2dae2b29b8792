/* Which messages pass between a pool and its workers, and what is in an attach ticket? Types only. */
import type { Wanted } from "../core/rows.ts";
import type { SpaceAt } from "../core/spaces.ts";
import type { Settings } from "../options/open.ts";
import type { MeasureJob } from "../recall/measure.ts";
import type { RefusedMessage } from "../runtime/thread.ts";
import type { Key } from "../values/keys.ts";
import type { AttachTicket } from "../values/reports.ts";

/** All that another thread needs to work on an open index. Can be posted. */
export interface SharedIndex {
  module: WebAssembly.Module;
  memories: WebAssembly.Memory[];
  control: SharedArrayBuffer | ArrayBuffer;
  /** The journal's board (journal/board.ts); null without `path`. */
  journal: SharedArrayBuffer | null;
  settings: Settings;
  /** The board of its fields (engine/field-board.ts). */
  fields: SharedArrayBuffer | ArrayBuffer;
  /** Milliseconds, by `commonTime`. */
  openedAt: number;
}

export interface Ticket extends AttachTicket, SharedIndex {
  readonly seat: number;
  /** The seat is reserved under this number. */
  readonly number: number;
}

export interface StartMessage extends SharedIndex {
  type: "start";
  worker: number;
  seat: number;
}

/** A share of a `searchMany`. */
export interface SearchMessage {
  type: "search";
  id: number;
  partition: number;
  space: SpaceAt;
  /** count × dimensions */
  queries: Float32Array;
  job: SearchJob;
}

/** A space whose recall is to be measured. */
export interface MeasureMessage {
  type: "measure";
  id: number;
  partition: number;
  space: SpaceAt;
  job: MeasureJob;
}

/** It was, or there was nothing to measure; and how long that took. */
export interface MeasuredMessage {
  type: "measured";
  id: number;
  ms: number;
}

/** What is asked of every query. */
export interface SearchJob {
  k: number;
  ef: number;
  /** With a program: the ef by the share of matches (recall/curve.ts). */
  widths: { efs: number[]; live: number } | null;
  /** BY_BEAM or IN_F32. */
  beam: number;
  /** By which entries are expired or not. */
  now: number;
  /** Of the condition that hits must match; null: any. */
  program: Uint8Array | null;
  wanted: Wanted;
}

export type ToWorker =
  | StartMessage
  | SearchMessage
  | MeasureMessage
  /** Tests only: makes the worker's instance of a partition trap at a fault point (debug builds). */
  | { type: "fault"; partition: number; point: number; countdown: number };

/** Hits of several queries, packed: `counts[i]` hits of query i, query after query; and of each what was wanted. */
export interface SearchedMessage {
  type: "searched";
  id: number;
  keys: Key[];
  distances: Float32Array;
  counts: Uint32Array;
  rows: (Uint8Array | null)[] | null;
  vectors: (Float32Array | undefined)[] | null;
}

export type FromWorker =
  | { type: "ready" }
  | RefusedMessage
  | SearchedMessage
  | MeasuredMessage
  | { type: "failed"; id: number; message: string }
  | { type: "trap"; message: string };
