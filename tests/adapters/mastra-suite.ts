/*
 * Does our adapter pass the suite that Mastra's own stores share? It is in no package: it comes from a checkout of
 * mastra-ai/mastra beside the project, and runs in vitest, for which it was written.
 *
 *   bun tests/adapters/mastra-suite.ts FOLDER
 */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { installed } from "../integrations/installed.ts";
import { run } from "../support/process.ts";

const VITEST = "5.1.2";
const SUITE = "stores/_test-utils/src";

/** Its tests that fail here on purpose. */
const DIFFERENT: Record<string, string> = {
  "should handle $not in nested field paths":
    "1 failed: a product of another test has no rating, and here `$not` matches what is missing, as in MongoDB",
};

const PROGRAM = `import { openStore } from "hnsw-workers";
import { HnswVector } from "hnsw-workers/mastra";
import { createVectorTestSuite } from "./suite/vector-factory";

const store = await openStore(null, { workers: 0 });
const vector = new HnswVector({ id: "own", store });
createVectorTestSuite({
  vector,
  createIndex: (indexName, { metric = "cosine" } = {}) => vector.createIndex({ indexName, dimension: 1536, metric }),
  deleteIndex: (indexName) => vector.deleteIndex({ indexName }),
  waitForIndexing: async () => {},
  disconnect: () => store.close(),
});
`;

export interface SuiteResult {
  /** Of `@mastra/core` in the checkout. */
  version: string;
  passed: number;
  skipped: number;
  /** A sentence for each test that failed. */
  reasons: string[];
  /** Failures that `DIFFERENT` does not explain. */
  unknown: number;
}

/** Runs all of it, with no part switched off. Rejects if it does not run. */
export async function runMastraSuite(checkout: string): Promise<SuiteResult> {
  const place = await installed("mastra-suite", { vitest: VITEST });
  if ("missing" in place) throw new Error(place.missing);
  const { folder } = place;
  await rm(join(folder, "suite"), { recursive: true, force: true });
  await cp(join(checkout, SUITE), join(folder, "suite"), { recursive: true });
  await Bun.write(join(folder, "own.test.ts"), PROGRAM);
  const report = join(folder, "report.json");
  await rm(report, { force: true });
  const command = [process.execPath, "--bun", "x", "vitest", "run", "own.test.ts"];
  const { out, err } = await run([...command, "--reporter=json", `--outputFile=${report}`], { cwd: folder });
  if (!(await Bun.file(report).exists())) throw new Error(`it did not run: ${err}${out}`);
  const { version } = await Bun.file(join(checkout, "packages/core/package.json")).json();
  return { version, ...resultOf(await Bun.file(report).json()) };
}

interface Report {
  testResults: { assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

function resultOf({ testResults }: Report): Omit<SuiteResult, "version"> {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = all.filter(({ status }) => status === "failed");
  return {
    passed: all.filter(({ status }) => status === "passed").length,
    skipped: all.filter(({ status }) => status !== "passed" && status !== "failed").length,
    reasons: failed.map(({ title }) => DIFFERENT[title] ?? `1 failed, unknown: ${title}`),
    unknown: failed.filter(({ title }) => DIFFERENT[title] === undefined).length,
  };
}

if (import.meta.main) {
  const [, , checkout] = process.argv;
  if (checkout === undefined) throw new Error("usage: bun tests/adapters/mastra-suite.ts FOLDER");
  const { version, passed, skipped, reasons, unknown } = await runMastraSuite(checkout);
  console.log(`the suite of @mastra/core ${version}: ${passed} passed, ${skipped} skipped`);
  for (const reason of reasons) console.log(`- ${reason}`);
  process.exit(unknown === 0 && passed > 0 ? 0 : 1);
}
