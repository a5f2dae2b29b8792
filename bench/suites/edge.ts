// What does an export cost elsewhere? Time to open it, rate of searches and bytes to load, per runtime.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { open } from "../../src/index.ts";
import { programs } from "../../tests/edge/install.ts";
import { packageFolder } from "../../tests/edge/runtimes.ts";
import { launch, serveSite } from "../../tests/edge/site.ts";
import { serveIsolate } from "../../tests/edge/workerd.ts";
import { Random } from "../datasets/random.ts";
import { measureInChild } from "../harness/child.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { over } from "../harness/rounds.ts";
import type { EdgeMeasurement } from "../measure/edge.js";
import type { FreshMemoryMeasurement, FreshMemoryTask } from "../measure/fresh-memory.ts";
import type { Options } from "../options.ts";
import type { Suite } from "./suite.ts";

const ROOT = join(import.meta.dir, "../..");
const MEASURE = join(import.meta.dir, "../measure");
const VECTORS = 100_000;
const DIMENSIONS = 100;
const SEED = 4711;

export const edge: Suite = {
  question: "what does an export of 100,000 x 100 cost in other runtimes? Opening, searching, bytes to load",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

type Measure = (path: string, entry: "index" | "search") => Promise<EdgeMeasurement>;

async function run({ n, repeats, json }: Options): Promise<void> {
  const folder = await packageFolder();
  try {
    const build = Bun.spawn([process.execPath, ".ci/build.ts"], { cwd: ROOT, stderr: "inherit" });
    if ((await build.exited) !== 0) throw new Error("the package could not be built");
    const { snapshot, memoryBytes } = await exported(n ?? VECTORS);
    await Bun.write(join(folder, "snapshot.bin"), snapshot);
    for (const name of ["edge.js", "edge-isolate.js"]) {
      await Bun.write(join(folder, name), Bun.file(join(MEASURE, name)));
    }
    const memory: FreshMemoryMeasurement[] = [];
    const cases = await casesIn(folder, snapshot);
    for (let round = 1; round <= repeats; round++) {
      memory.push(
        await measureInChild<FreshMemoryTask, FreshMemoryMeasurement>("fresh-memory.ts", { bytes: memoryBytes }, 1),
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
async function casesIn(folder: string, snapshot: Uint8Array): Promise<EdgeCase[]> {
  const cases: EdgeCase[] = [];
  for (const entry of ["index", "search"] as const) {
    const bytes = await bytesToLoad(entry);
    for (const [runtime, { program, measure }] of Object.entries(runtimesIn(folder, snapshot))) {
      const title = `${runtime}, ${entry}`;
      if ("missing" in program) console.error(`not measured: ${title}: ${program.missing}`);
      else cases.push({ title, bytes, measure: () => measure(program.path, entry), answers: [] });
    }
  }
  return cases;
}

async function exported(count: number): Promise<{ snapshot: Uint8Array; memoryBytes: number }> {
  const random = new Random(SEED);
  const values = Float32Array.from({ length: count * DIMENSIONS }, () => random.normal());
  await using index = await open({ dimensions: DIMENSIONS, partitions: 1 });
  await index.space("s").addMany(
    Array.from({ length: count }, (_, i) => i),
    values,
  );
  await index.flush();
  return { snapshot: await index.exportBytes(), memoryBytes: index.stats().bytes.used };
}

async function bytesToLoad(entry: string): Promise<number> {
  const files = [`edge-${entry}.js`, "core.release.relaxed.unshared.wasm"];
  const sizes = files.map(async (name) => Bun.gzipSync(await Bun.file(join(ROOT, "build", name)).bytes()).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size);
}

function runtimesIn(folder: string, snapshot: Uint8Array) {
  const asProcess =
    (...args: string[]): Measure =>
    async (path, entry) => {
      const command = [path, ...args, join(folder, "edge.js"), entry, join(folder, "snapshot.bin")];
      const job = Bun.spawn(command, { cwd: folder, stdout: "pipe", stderr: "pipe" });
      const [code, out, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
      if (code !== 0) throw new Error(errors);
      return JSON.parse(out) as EdgeMeasurement;
    };
  const inBrowser: Measure = async (path, entry) => {
    await using site = serveSite(false, { build: join(ROOT, "build"), measure: MEASURE }, { snapshot });
    await using browser = await launch(path);
    const page = await browser.newPage();
    await page.goto(`${site.url}`);
    return await page.evaluate(`(async () => {
      const { measure } = await import("/measure/edge.js");
      const from = new Uint8Array(await (await fetch("/snapshot")).arrayBuffer());
      return await measure(await import("/build/edge-${entry}.js"), from);
    })()`);
  };
  const deno = ["run", "--allow-all", "--node-modules-dir=manual", "--no-remote", "--quiet"];
  return {
    Bun: { program: programs.bun, measure: asProcess() },
    Node: { program: programs.node, measure: asProcess() },
    Deno: { program: programs.deno, measure: asProcess(...deno) },
    Chromium: { program: programs.chromium, measure: inBrowser },
    workerd: { program: programs.workerd, measure: inIsolate },
  };

  /** Its clock stands still while it computes, so it is timed from outside: a request more or less is noise. */
  async function inIsolate(path: string, entry: "index" | "search"): Promise<EdgeMeasurement> {
    const { address, stop } = await serveIsolate(path, join(folder, "edge-isolate.js"), folder, ["snapshot.bin"]);
    try {
      const ask = async (searches: number) => {
        const start = performance.now();
        const response = await fetch(`${address}/${entry}?searches=${searches}`);
        if (!response.ok) throw new Error(await response.text());
        await response.text();
        return performance.now() - start;
      };
      const openMs = await ask(1);
      await ask(500); // warm
      const searches = 2000;
      return { openMs, searchesPerSecond: searches / ((await ask(searches)) / 1000) };
    } finally {
      await stop();
    }
  }
}
