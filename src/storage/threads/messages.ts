/* Which messages pass between the opening thread, the journal thread and the snapshot thread? Types only. */
import type { HnswErrorCode } from "../../errors.ts";
import type { BackupReport } from "../../values/reports.ts";
import type { SharedIndex } from "../../workers/protocol.ts";
import type { Identity } from "../disk/identity.ts";
import type { FolderPaths } from "../disk/paths.ts";
import type { RoundReport } from "../snapshots/rounds.ts";

export interface KeeperStartMessage {
  shared: SharedIndex;
  seat: number;
  paths: FolderPaths;
  /** Of the folder that was opened. */
  files: Identity["files"];
}

export type FromJournal =
  | { type: "ready" }
  /** The disk refuses what waits. */
  | { type: "failed"; message: string }
  /** It took it after all. */
  | { type: "recovered" };

export type Task =
  /** A round of snapshots: of every space whose second one is due, or of every space changed since its newest. */
  | { type: "checkpoint"; which: "due" | "changed" }
  /** A copy of the folder: between two rounds, so that no snapshot vanishes while it is copied. */
  | { type: "backup"; destination: string };

export type TaskMessage = Task & { id: number };

export type FromSnapshots =
  | { type: "ready" }
  | { type: "done"; id: number; report: RoundReport | BackupReport }
  /** `id` is null for a round that the thread began by itself. */
  | { type: "failed"; id: number | null; code: HnswErrorCode; message: string };
