/* How is the page built? Bun's bundler, and the snapshot beside it: `bun examples/browser/build.ts FOLDER`. */
import { join } from "node:path";
import { writeSnapshot } from "../foods/snapshot.ts";

/** Writes the page and all that it loads into a folder; any server of files can serve it. */
export async function buildPage(folder: string): Promise<void> {
  const page = join(import.meta.dir, "index.html");
  const bundle = await Bun.build({ entrypoints: [page], outdir: folder, target: "browser", minify: true });
  if (!bundle.success) throw new AggregateError(bundle.logs, "bundling failed");
  await writeSnapshot(join(folder, "foods.bin"));
}

if (import.meta.main) await buildPage(process.argv[2] ?? "build/browser");
