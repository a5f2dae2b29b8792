/* How is the page built? Bun's bundler, and the snapshot beside it: `bun examples/browser/build.ts FOLDER`. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSnapshot } from "../foods/snapshot.ts";

/** Writes the page and everything it loads into a folder, for any file server. */
export async function buildPage(folder: string): Promise<void> {
  const page = join(import.meta.dir, "index.html");
  const bundle = await Bun.build({ entrypoints: [page], outdir: folder, target: "browser", minify: true });
  if (!bundle.success) throw new AggregateError(bundle.logs, "bundling failed");
  // Vite finds the workers' file by itself; for Bun's bundler it is copied beside the output.
  const worker = fileURLToPath(import.meta.resolve("hnsw-workers/edge-worker.js"));
  await Bun.write(join(folder, "edge-worker.js"), Bun.file(worker));
  await writeSnapshot(join(folder, "foods.bin"));
}

if (import.meta.main) await buildPage(process.argv[2] ?? "build/browser");
