// What does an export cost elsewhere? Time to open it, rate of searches and bytes to load, per runtime.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import type { Experiment } from "../../experiment.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { keysUpTo } from "../../kit/rows.ts";
import { sum } from "../../kit/statistics.ts";
import { short } from "../../kit/table.ts";
import type { EdgeMeasurement } from "./edge.js";
import type { FreshMemoryMeasurement, FreshMemoryTask } from "./fresh-memory.ts";
import { section } from "./page.ts";
import type { MeasuredRuntime } from "./runtimes.ts";

const ROOT = join(import.meta.dir, "../../..");
const VECTORS = 100_000;
const DIMENSIONS = 100;

export const edge: Experiment = {
  ...section,
  question: "what does an export of 100,000 x 100 cost in other runtimes? Opening, searching, bytes to load",
  quick: ["--n", "20000", "--repeats", "1"],
  run,
};

async function run({ n, repeats }: Options): Promise<object> {
  const runtimes = await import("./runtimes.ts"); // only when it is asked for: it installs hundreds of megabytes
  const folder = await runtimes.packageFolder();
  try {
    const build = Bun.spawn([process.execPath, ".ci/build.ts"], { cwd: ROOT, stderr: "inherit" });
    if ((await build.exited) !== 0) throw new Error("the package could not be built");
    const { snapshot, memoryBytes } = await exported(n ?? VECTORS);
    await Bun.write(join(folder, "snapshot.bin"), snapshot);
    for (const name of ["edge.js", "edge-isolate.js"]) {
      await Bun.write(join(folder, name), Bun.file(join(import.meta.dir, name)));
    }
    const memory: Case<FreshMemoryTask, FreshMemoryMeasurement> = {
      ...{ title: "fresh memory", task: { bytes: memoryBytes }, cores: 1, answers: [] },
    };
    const cases = await casesIn(runtimes.runtimesIn(folder, snapshot));
    for (let round = 1; round <= repeats; round++) {
      await playRounds("experiments/edge/fresh-memory.ts", [memory], 1, ({ firstMs }) => `${short(firstMs)} ms`);
      for (const { title, measure, answers } of cases) {
        const answer = await measure();
        answers.push(answer);
        console.error(`round ${round}, ${title}: ${short(answer.openMs)} ms to open`);
      }
    }
    return { snapshotBytes: snapshot.length, memoryBytes, memory: memory.answers, cases };
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface EdgeCase {
  title: string;
  /** To load, compressed. */
  bytes: number;
  measure(): Promise<EdgeMeasurement>;
  answers: EdgeMeasurement[];
}

/** Each runtime that is here, with either entry. */
async function casesIn(runtimes: Record<string, MeasuredRuntime>): Promise<EdgeCase[]> {
  const cases: EdgeCase[] = [];
  for (const entry of ["index", "search"] as const) {
    const bytes = await bytesToLoad(entry);
    for (const [runtime, { program, measure }] of Object.entries(runtimes)) {
      const title = `${runtime}, ${entry}`;
      if ("missing" in program) console.error(`not measured: ${title}: ${program.missing}`);
      else cases.push({ title, bytes, measure: () => measure(program.path, entry), answers: [] });
    }
  }
  return cases;
}

async function exported(count: number): Promise<{ snapshot: Uint8Array; memoryBytes: number }> {
  const random = new Random(SEEDS.edge);
  const values = Float32Array.from({ length: count * DIMENSIONS }, () => random.normal());
  await using index = await open({ dimensions: DIMENSIONS, partitions: 1 });
  await index.space("s").addMany(keysUpTo(count), values);
  await index.flush();
  const snapshot = await index.exportBytes();
  // It takes less than the original.
  await using copy = await open({ dimensions: DIMENSIONS, from: snapshot, partitions: 1, workers: 0 });
  return { snapshot, memoryBytes: copy.stats().bytes.used };
}

async function bytesToLoad(entry: string): Promise<number> {
  const files = [`edge-${entry}.js`, "edge-errors.js", "core.release.relaxed.unshared.wasm"];
  const sizes = files.map(async (name) => Bun.gzipSync(await Bun.file(join(ROOT, "build", name)).bytes()).length);
  return sum(await Promise.all(sizes));
}
