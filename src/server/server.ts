/* What `import … from "hnsw-workers/server"` offers. */
export { createHandler, type Handler } from "./handler.ts";
export type { AccessEntry, HandlerOptions } from "./options.ts";
