/* What `import … from "hnsw-workers/search"` offers: to start from an export and search, nothing else. */
export type { Facet, Hit, Page, SearchResult, SpaceHit } from "./api/results.ts";
export { type OpenSearchOptions, openSearch, type SearchIndex } from "./api/search-index.ts";
export type { SearchSpace } from "./api/search-space.ts";
export type { FieldType } from "./documents/fields.ts";
export type { Entry, FieldPath, Include, Operators, Where } from "./documents/types.ts";
export { HnswError, type HnswErrorCode } from "./errors.ts";
export type { CountOptions, EntryOptions, FacetOptions, GetOptions, PageOptions } from "./options/entries.ts";
export type { SearchOptions } from "./options/search.ts";
export type { Key } from "./values/keys.ts";
export type { Metric } from "./values/metric.ts";
export type { NumberArray } from "./values/number-arrays.ts";
export type { Explanation, ExportSource, MeasuredShare, RecallReport } from "./values/reports.ts";
export type { Vector } from "./values/vectors.ts";
