// Where are prepared arrays kept for the next run? In raw little-endian files under bench/.cache.

import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "..", ".cache");

/** The name of a cached array has a hash of the recipe, so that a changed recipe never meets old data. */
export function cachePath(name: string, recipe: object): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}-${Bun.hash(JSON.stringify(recipe)).toString(36)}.bin`);
}

/** The first `bytes` of a cached file, or null when it was never written. */
export async function readCached(path: string, bytes: number): Promise<ArrayBuffer | null> {
  const file = Bun.file(path);
  if (!(await file.exists())) return null;
  if (file.size < bytes) throw new Error(`${path} holds ${file.size} bytes, ${bytes} are needed: delete it`);
  return file.slice(0, bytes).arrayBuffer();
}

/** Written beside and renamed, so that an interrupted run leaves no half file. */
export async function writeCached(path: string, array: Float32Array | Int32Array): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await Bun.write(draft, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  renameSync(draft, path);
}
