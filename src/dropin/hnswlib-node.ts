/* What `import … from "hnsw-workers/hnswlib-node"` offers: the classes of hnswlib-node, without native code. */
import { BruteforceSearch } from "./hnswlib-brute-force.ts";
import { HierarchicalNSW } from "./hnswlib-graph.ts";
import { InnerProductSpace, L2Space } from "./hnswlib-spaces.ts";

export type { InitOptions } from "./hnswlib-graph.ts";
export type { FilterFunction, SearchResult } from "./hnswlib-index.ts";
export type { SpaceName } from "./hnswlib-spaces.ts";
export { BruteforceSearch, HierarchicalNSW, InnerProductSpace, L2Space };

/** As `import hnswlib from "hnswlib-node"` has it. */
export default { L2Space, InnerProductSpace, BruteforceSearch, HierarchicalNSW };
