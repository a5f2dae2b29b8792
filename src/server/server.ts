/* What `import … from "hnsw-workers/server"` offers. */
export { createHandler, type Handler } from "./handler.ts";
export type { HandlerOptions } from "./options.ts";
