/* What does an event of `/v1/events` hold? Types only: the server makes it, the dashboard shows it. */
import type { IndexStats, RecoveryReport } from "../../values/reports.ts";
import type { RequestKind } from "./metrics.ts";

export interface Live {
  /** Milliseconds since 1970. */
  at: number;
  /** Since the server was started. */
  uptimeMs: number;
  /** How late the event loop came to something else at the most, since the event before. */
  gapMs: number;
  /** Upper ends of the buckets that requests are counted in, in milliseconds; the last bucket has none. */
  bounds: readonly number[];
  /** Since the start, by buckets. */
  requests: Record<RequestKind, readonly number[]>;
  collections: LiveCollection[];
  /** The last ones of collections, oldest first. */
  incidents: LiveIncident[];
  /** Whether the load of `demo` runs. */
  demo: boolean;
}

export interface LiveCollection {
  name: string;
  points: number;
  pending: number;
  spaces: number;
  graphs: number;
  bytes: IndexStats["bytes"];
  /** What of them spaces take; `vectors` with their graphs and keys. */
  bytesBy: Record<"vectors" | "documents" | "columns" | "dictionaries", number>;
  workers: IndexStats["workers"];
  journal: IndexStats["journal"];
  /** What opening its folder found; null in memory. */
  recovery: RecoveryReport | null;
}

/** What `onIncident` of a store got. */
export interface LiveIncident {
  /** Milliseconds since 1970. */
  at: number;
  collection: string;
  /** −1 for the journal and the snapshot thread. */
  worker: number;
  kind: string;
  message: string;
}
