/* What `import … from "hnsw-workers/client"` offers: the collections of a server, with the face of the package. */
export type { Facet, Hit, Page, SearchResult, SpaceHit } from "../api/results.ts";
export type { IndexLike, SpaceLike } from "../api/space-like.ts";
export type { FieldType } from "../documents/fields.ts";
export type { Entry, FieldPath, Include, Operators, Patch, Where } from "../documents/types.ts";
export { HnswError, type HnswErrorCode } from "../errors.ts";
export type { CollectionInfo } from "../store/store.ts";
export type { Key } from "../values/keys.ts";
export type { Metric } from "../values/metric.ts";
export type { Vector } from "../values/vectors.ts";
export type { ConnectOptions } from "./connection.ts";
export type { ImportReport, RemoteIndex } from "./remote-index.ts";
export type { RemoteSpace } from "./remote-space.ts";
export { connect, type RemoteCollectionOptions, type RemoteStore } from "./remote-store.ts";
