/* Where is the file that a thread of this package starts with? */

/** In a checkout the .ts beside this file, in the package the .js beside the bundle that this file is part of. */
export function threadFile(name: "worker" | "journal-worker" | "snapshot-worker"): URL {
  return new URL(`./${name}${import.meta.url.slice(-3)}`, import.meta.url);
}
