/* A program for isolates, where the import of a `.wasm` gives a module. */
import baseline from "hnsw-workers/core.baseline.wasm";
import core from "hnsw-workers/core.wasm";
import { openSearch } from "hnsw-workers/search";

export const module: WebAssembly.Module = core;
export const opened = openSearch({ from: new Uint8Array(8), core: baseline });
