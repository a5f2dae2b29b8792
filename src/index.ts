/* The public interface: what `import … from "hnsw-workers"` offers. */
export { attach } from "./api/attach.ts";
export { open } from "./api/open.ts";
export { openSync } from "./api/open-sync.ts";
export type { Facet, Hit, Page, SearchResult, SpaceHit } from "./api/results.ts";
export type { Space } from "./api/space.ts";
export type { IndexLike, SpaceLike } from "./api/space-like.ts";
export type { SyncIndex } from "./api/sync-index.ts";
export type { SyncSpace } from "./api/sync-space.ts";
export type { VectorIndex } from "./api/vector-index.ts";
export type { FieldType } from "./documents/fields.ts";
export {
  type Entry,
  type FieldPath,
  type Fields,
  type Include,
  type MetadataType,
  type Operators,
  type Patch,
  type,
  type Where,
} from "./documents/types.ts";
export { HnswError, type HnswErrorCode } from "./errors.ts";
export type {
  AddOptions,
  CountOptions,
  EntryOptions,
  FacetOptions,
  GetOptions,
  PageOptions,
  UpdateOptions,
} from "./options/entries.ts";
export type { Incident, OpenOptions, Settings } from "./options/open.ts";
export type { OpenSyncOptions } from "./options/open-sync.ts";
export type { SearchOptions } from "./options/search.ts";
export type { BatchingPolicy } from "./scheduler/batching.ts";
export type { StealingPolicy } from "./scheduler/stealing.ts";
export type { AliasChange } from "./store/catalog.ts";
export {
  type CollectionInfo,
  type CollectionOptions,
  openStore,
  type Store,
  type StoreOptions,
} from "./store/store.ts";
export type { Key } from "./values/keys.ts";
export type { Metric } from "./values/metric.ts";
export type { NumberArray } from "./values/number-arrays.ts";
export type {
  AttachTicket,
  BackupReport,
  CheckReport,
  Explanation,
  ExportSource,
  ExportStream,
  FieldStatus,
  IndexStats,
  JournalStats,
  Latency,
  LatencyStats,
  MeasuredShare,
  RecallReport,
  RecoveryReport,
  SpaceStats,
  WorkerStats,
} from "./values/reports.ts";
export type { Vector } from "./values/vectors.ts";
