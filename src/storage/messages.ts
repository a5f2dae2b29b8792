/* Which messages pass between the opening thread, the journal thread and the snapshot thread? Types only. */
import type { HnswErrorCode } from "../errors.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import type { FolderPaths } from "./disk/folder.ts";
import type { RoundReport } from "./snapshots/rounds.ts";
import type { BackupReport } from "./tools/backup.ts";

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

/** Asks for a copy of the folder: between two rounds, no snapshot can vanish while it is copied. */
export interface BackupMessage {
  type: "backup";
  id: number;
  destination: string;
}

export type SnapshotsToMain =
  | { type: "ready" }
  | { type: "done"; id: number; report: RoundReport | BackupReport }
  /** Of a round that nobody asked for `id` is null. */
  | { type: "failed"; id: number | null; code: HnswErrorCode; message: string };
