/* A program that a bundler makes for a page: the import of a `.wasm` gives its address. */
import { open } from "hnsw-workers";
import alone from "hnsw-workers/core.wasm";

const address = new URL(alone, import.meta.url);
export const index = open({ dimensions: 3, core: await WebAssembly.compileStreaming(fetch(address)) });
