// What does an export cost elsewhere? Time to open it, rate of searches and bytes to load, per runtime.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import type { Suite } from "../../experiment.ts";
import { measureInChild } from "../../kit/child.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { over } from "../../kit/rounds.ts";
import type { EdgeMeasurement } from "./edge.js";
import type { FreshMemoryMeasurement, FreshMemoryTask } from "./fresh-memory.ts";
import type { MeasuredRuntime } from "./runtimes.ts";

const ROOT = join(import.meta.dir, "../../..");
const VECTORS = 100_000;
const DIMENSIONS = 100;

export const edge: Suite = {
  question: "what does an export of 100,000 x 100 cost in other runtimes? Opening, searching, bytes to load",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

async function run({ n, repeats, json }: Options): Promise<void> {
  const runtimes = await import("./runtimes.ts"); // not before it is asked for: it installs hundreds of megabytes
  const folder = await runtimes.packageFolder();
  try {
    const build = Bun.spawn([process.execPath, ".ci/build.ts"], { cwd: ROOT, stderr: "inherit" });
    if ((await build.exited) !== 0) throw new Error("the package could not be built");
    const { snapshot, memoryBytes } = await exported(n ?? VECTORS);
    await Bun.write(join(folder, "snapshot.bin"), snapshot);
    for (const name of ["edge.js", "edge-isolate.js"]) {
      await Bun.write(join(folder, name), Bun.file(join(import.meta.dir, name)));
    }
    const memory: FreshMemoryMeasurement[] = [];
    const cases = await casesIn(runtimes.runtimesIn(folder, snapshot));
    for (let round = 1; round <= repeats; round++) {
      memory.push(
        await measureInChild<FreshMemoryTask, FreshMemoryMeasurement>(
          "experiments/edge/fresh-memory.ts",
          { bytes: memoryBytes },
          1,
        ),
      );
      for (const { title, measure, answers } of cases) {
        const answer = await measure();
        answers.push(answer);
        console.error(`round ${round}, ${title}: ${times(answer.openMs)} ms to open`);
      }
    }
    console.log(`\n${whole(n ?? VECTORS)} x ${DIMENSIONS}, ${whole(snapshot.length)} bytes; rounds: ${repeats}\n`);
    printTable(
      ["runtime", "ms to open", "searches/s", "bytes to load (gzip)"],
      cases.map(({ title, bytes, answers }) => [
        title,
        range(
          over(answers, ({ openMs }) => openMs),
          times,
        ),
        range(
          over(answers, ({ searchesPerSecond }) => searchesPerSecond),
          whole,
        ),
        whole(bytes),
      ]),
    );
    console.log(
      `\nTo write to ${whole(memoryBytes)} bytes of fresh memory, which is what the index takes, took ${range(
        over(memory, ({ firstMs }) => firstMs),
        times,
      )} ms in these rounds: nothing opens in less.`,
    );
    const saved = cases.map(({ title, bytes, answers }) => ({ title, bytes, answers }));
    await saveResult("edge", json, { repeats, snapshotBytes: snapshot.length, memoryBytes, memory, cases: saved });
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
  await index.space("s").addMany(
    Array.from({ length: count }, (_, i) => i),
    values,
  );
  await index.flush();
  const snapshot = await index.exportBytes();
  // It takes less than the original.
  await using copy = await open({ dimensions: DIMENSIONS, from: snapshot, partitions: 1, workers: 0 });
  return { snapshot, memoryBytes: copy.stats().bytes.used };
}

async function bytesToLoad(entry: string): Promise<number> {
  const files = [`edge-${entry}.js`, "core.release.relaxed.unshared.wasm"];
  const sizes = files.map(async (name) => Bun.gzipSync(await Bun.file(join(ROOT, "build", name)).bytes()).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size);
}
