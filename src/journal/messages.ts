/* Which messages pass between the opening thread, the journal thread and the snapshot thread? Types only. */
import type { SharedIndex } from "../protocol.ts";
import type { FolderPaths } from "./folder.ts";
import type { RoundReport } from "./rounds.ts";

/** First message to either thread. */
export interface JournalStartMessage {
  shared: SharedIndex;
  seat: number;
  paths: FolderPaths;
}

export type JournalToMain =
  | { type: "ready" }
  /** The disk refuses what waits. */
  | { type: "failed"; message: string }
  /** It took it after all. */
  | { type: "recovered" };

/** Asks for snapshots: of all that a second copy is due of, or only of what has changed since its newest. */
export interface CheckpointMessage {
  type: "checkpoint";
  id: number;
  which: "due" | "changed";
}

export type SnapshotsToMain =
  | { type: "ready" }
  | { type: "done"; id: number; report: RoundReport }
  | { type: "failed"; id: number | null; message: string };
