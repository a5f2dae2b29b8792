/* What `import … from "hnsw-workers/cluster"` offers. */
export { ClusterIndex, type ClusterStats } from "./cluster-index.ts";
export { ClusterSpace } from "./cluster-space.ts";
export { openCluster } from "./open.ts";
export type { ClusterShape, PlacementSettings } from "./ops/shape.ts";
export type {
  ClusterOptions,
  ClusterUpdateOptions,
  Freshness,
  MemberOptions,
  PlacementOptions,
  Position,
  ReadOptions,
} from "./options.ts";
