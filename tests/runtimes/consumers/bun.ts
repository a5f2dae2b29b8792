/* A program that has Bun's types. */
import core from "hnsw-workers/core.shared.wasm";

export const file = Bun.file(core);
export const path: string = core;
