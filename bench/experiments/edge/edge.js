// How long does an export take to open, and how many searches a second follow? In any runtime.

const SEARCHES = 2000;

/** `entry`: the package, or its part for searching. */
export async function measure(entry, from, options = {}) {
  const start = performance.now();
  const index = await opened(entry, from, options);
  const openMs = performance.now() - start;
  await search(index, 500); // warm
  const before = performance.now();
  await search(index, SEARCHES);
  return { openMs, searchesPerSecond: SEARCHES / ((performance.now() - before) / 1000) };
}

export function opened(entry, from, options) {
  if (entry.openSearch) return entry.openSearch({ from, ...options });
  return entry.open({ dimensions: 100, partitions: 1, workers: 0, from, ...options });
}

export async function search(index, count) {
  const space = index.space("s");
  const query = new Float32Array(100);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < query.length; j++) query[j] = ((i * 31 + j * 17) % 101) - 50;
    await space.search(query);
  }
}

const [name, file] = globalThis.process?.argv?.slice(2) ?? [];
if (file) {
  const { readFile } = await import("node:fs/promises");
  const entry = await import(name === "search" ? "hnsw-workers/search" : "hnsw-workers");
  console.log(JSON.stringify(await measure(entry, await readFile(file))));
  process.exit(0);
}
