/* What `import … from "hnsw-workers/search"` offers: to start from an export and search, nothing else. */
export type { Hit } from "./core.ts";
export { HnswError, type HnswErrorCode } from "./errors.ts";
export type { Key } from "./keys.ts";
export type { Metric, SearchOptions } from "./options.ts";
export { openSearch, type SearchIndex, type SearchOnlyOptions, type SearchSpace } from "./search-index.ts";
export type { SnapshotSource } from "./snapshots/source.ts";
export type { Vector } from "./vectors.ts";
