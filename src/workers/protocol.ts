/* Which messages pass between a pool and its workers, and what is in an attach ticket? Types only. */
import type { SpaceAt } from "../core/spaces.ts";
import type { Settings } from "../options/open.ts";
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
  k: number;
  ef: number;
}

export type ToWorker =
  | StartMessage
  | SearchMessage
  /** Tests only: makes the worker's instance of a partition trap at a fault point (debug builds). */
  | { type: "fault"; partition: number; point: number; countdown: number };

/** Hits of several queries, packed: `counts[i]` hits of query i, query after query. */
export interface SearchedMessage {
  type: "searched";
  id: number;
  keys: Key[];
  distances: Float32Array;
  counts: Uint32Array;
}

export type FromWorker =
  | { type: "ready" }
  | RefusedMessage
  | SearchedMessage
  | { type: "failed"; id: number; message: string }
  | { type: "trap"; message: string };
