/* The public interface: what `import … from "hnsw-workers"` offers. */
export type { CheckReport } from "./checking.ts";
export type { Hit } from "./core.ts";
export { HnswError, type HnswErrorCode } from "./errors.ts";
export type { BackupReport } from "./journal/backup.ts";
export type { RecoveryReport } from "./journal/recovery.ts";
export type { Key } from "./keys.ts";
export { attach, open } from "./open.ts";
export type { Incident, Metric, OpenOptions, SearchOptions, Settings } from "./options.ts";
export type { AttachTicket } from "./protocol.ts";
export type { BatchingPolicy } from "./scheduler/batching.ts";
export type { StealingPolicy } from "./scheduler/stealing.ts";
export type { SnapshotSource } from "./snapshots/source.ts";
export type { Space } from "./space.ts";
export type { IndexStats, JournalStats, SpaceStats, WorkerStats } from "./stats.ts";
export type { VectorIndex } from "./vector-index.ts";
export type { Vector } from "./vectors.ts";
