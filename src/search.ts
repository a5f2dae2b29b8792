/* What `import … from "hnsw-workers/search"` offers: to start from an export and search, nothing else. */
export { type OpenSearchOptions, openSearch, type SearchIndex, type SearchSpace } from "./api/search-index.ts";
export { HnswError, type HnswErrorCode } from "./errors.ts";
export type { SearchOptions } from "./options/search.ts";
export type { Key } from "./values/keys.ts";
export type { Metric } from "./values/metric.ts";
export type { NumberArray } from "./values/number-arrays.ts";
export type { ExportSource, Hit } from "./values/reports.ts";
export type { Vector } from "./values/vectors.ts";
