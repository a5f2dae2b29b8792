/* Where is the file that a thread of this package starts with? */

import { isOneFile } from "./platform.ts";

/** In a checkout the .ts beside this file, in the package the .js beside the bundle that this file is part of. */
export function threadFile(name: "worker" | "journal-worker" | "snapshot-worker"): URL {
  // A program of one file has this one at its root, and those it was built with by their paths.
  if (isOneFile) return new URL(`./node_modules/hnsw-workers/build/${name}.js`, import.meta.url);
  return new URL(`./${name}${import.meta.url.slice(-3)}`, import.meta.url);
}
