/* Do the experiments that need no packages still run? A tiny form of each: what they find is for the benches to say. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pageOf, type Saved } from "../../bench/experiment.ts";
import type { BatchStepsMeasurement, BatchStepsTask } from "../../bench/experiments/batch/steps.ts";
import type { ArrivalsMeasurement, ArrivalsTask } from "../../bench/experiments/freshness/arrivals.ts";
import { experimentOf } from "../../bench/experiments/index.ts";
import type { ScalingCase } from "../../bench/experiments/scaling/measure.ts";
import { canDraw } from "../../bench/install.ts";
import type { Case } from "../../bench/kit/rounds.ts";
import { markdown } from "../../bench/report/markdown.ts";

type StepsCase = Case<BatchStepsTask, BatchStepsMeasurement>;
interface FreshnessResult {
  arrivals: Case<ArrivalsTask, ArrivalsMeasurement>[];
  missing: { name: string; reason: string }[];
}

const ROOT = join(import.meta.dir, "../..");
const BUILD = join(ROOT, "build/core.release.relaxed.wasm");
const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-bench-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a suite as its user would and returns what it saved. */
async function bench(suite: string, ...args: string[]): Promise<Saved> {
  const file = join(folder, `${suite}.json`);
  const command = [process.execPath, "bench/run.ts", suite, ...args, "--repeats", "1", "--json", file];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect({ code, says: code === 0 ? "" : out + err }).toEqual({ code: 0, says: "" });
  return JSON.parse(readFileSync(file, "utf8"));
}

/** What a suite saves is drawn, beside the result where the packages for it are there. */
function expectPlots(saved: Saved): void {
  const plots = pageOf(experimentOf(saved), saved).plots;
  expect(plots.length).toBeGreaterThan(0);
  expect(JSON.stringify(plots)).not.toMatch(/NaN|undefined|Infinity/);
  for (const { spec } of plots) expect(spec.data).toMatchObject({ values: expect.anything() });
  const drawn = readdirSync(folder).filter((name) => name.startsWith(`${saved.suite}-`));
  expect(drawn).toHaveLength(canDraw() ? plots.length : 0);
  for (const name of drawn) expect(readFileSync(join(folder, name), "utf8")).toStartWith("<svg");
}

/** It has its place in docs/EXPERIMENTS.md, if the suite has a section there. */
function expectPage(saved: Saved): void {
  const experiment = experimentOf(saved);
  const { findings, body } = pageOf(experiment, saved);
  expect(findings.length > 0).toBe(experiment.claims.length > 0);
  expect(markdown(body) + JSON.stringify(findings)).not.toMatch(/NaN|undefined|Infinity|null/);
}

describe("a tiny run of", () => {
  const set = ["--set", "synth128", "--n", "2500"];
  const isLong = process.env.BENCH === "all";
  /** Fifteen to thirty seconds each: by command. */
  const slow = {
    scaling: set,
    batch: set,
    documents: set,
    durable: set,
    skew: ["--set", "synth128", "--n", "6000"],
    calibrate: ["--set", "synth128", "--n", "4000"],
    kernels: ["--n", "1000"],
    edge: set,
    cluster: ["--n", "400"],
    recall: ["--set", "synth128", "--n", "2000"],
  };
  const runs: Record<string, string[]> = {
    peers: ["--set", "synth128", "--n", "1200", "--peers", "ours", "--workers", "1"],
    scale: ["--n", "1500"],
    locality: set,
    simulate: ["--n", "20"],
    freshness: set,
    churn: set,
    calls: ["--n", "2500"],
    server: ["--n", "1000"],
    filters: ["--set", "synth128", "--n", "2500", "--peers", "ours"],
    core: [...set, "--against", BUILD],
    ...(isLong ? slow : {}),
  };
  const ran: Record<string, Promise<Saved>> = {};
  /** Once, however many tests look at it. */
  const tiny = (suite: string) => {
    ran[suite] ??= bench(suite, ...runs[suite]!);
    return ran[suite];
  };
  for (const suite of Object.keys(runs)) {
    test(`${suite} saves its figures with the machine and the date`, async () => {
      const saved = await tiny(suite);
      expect(saved).toMatchObject({ suite, repeats: 1, machine: { bun: Bun.version } });
      expect(Number.isNaN(Date.parse(saved.date))).toBe(false);
      expect(JSON.stringify(saved)).not.toContain("null"); // a figure that was not measured
      expectPage(saved);
      expectPlots(saved);
    }, 240_000);
  }

  test.if(isLong)(
    "scaling sets every kind against one worker on one core, and marks workers that share cores",
    async () => {
      const { results } = (await tiny("scaling")) as unknown as { results: { groups: ScalingCase[][] }[] };
      const { groups } = results[0]!;
      expect(groups.map(([alone]) => alone!.task.kind)).toEqual(["one mutex", "one space", "own spaces", "20 spaces"]);
      for (const group of groups) {
        expect(group[0]).toMatchObject({ cores: 1, task: { workers: 1 }, oversubscribed: false });
        expect(new Set(group.map(({ task }) => task.workers))).toEqual(new Set([1, 2, 4, 8]));
        for (const { title, task, cores, oversubscribed, answers } of group) {
          expect(oversubscribed).toBe(task.workers > cores);
          expect(title.includes("oversubscribed")).toBe(oversubscribed);
          expect(answers[0]!.linked).toHaveLength(task.workers);
          expect(answers[0]!.recall).toBeGreaterThan(0.9);
        }
      }
      const behindMutex = groups[0]!.map(({ answers }) => answers[0]!.linked.reduce((sum, ops) => sum + ops));
      expect(new Set(behindMutex)).toEqual(new Set([2500])); // nothing twice, nothing left out
    },
    240_000,
  );

  test.if(isLong)(
    "batch has each size in memory, without commits, and in a folder, with them",
    async () => {
      const { results } = (await tiny("batch")) as unknown as { results: { steps: StepsCase[] }[] };
      const { steps } = results[0]!;
      for (const durable of [false, true]) {
        const sizes = steps.filter(({ task }) => task.durable === durable).map(({ task }) => task.batch);
        expect(sizes).toEqual([1, 3, 10, 30, 100, 300, 500, 1000]);
      }
      for (const { title, task, answers } of steps) {
        expect(answers[0]!.commitMicroseconds > 0, title).toBe(task.durable);
        expect(answers[0]!.linkMicroseconds, title).toBeGreaterThan(0);
      }
    },
    240_000,
  );

  test("freshness has us and every peer, measured or named with the reason", async () => {
    const saved = (await tiny("freshness")) as unknown as FreshnessResult;
    const measured = saved.arrivals.map(({ task }) => task.store);
    const named = saved.missing.filter(({ reason }) => reason !== "").map(({ name }) => name);
    expect([...measured, ...named].sort()).toEqual(["hnswlib-node", "ours", "usearch"]);
    const [ours] = saved.arrivals[0]!.answers;
    expect(ours!.found).toBe(ours!.probes);
  }, 240_000);
});

test("core refuses to run without a build to compare with", async () => {
  const command = [process.execPath, "bench/run.ts", "core", "--set", "synth128"];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  expect(await child.exited).toBe(1);
  expect(await child.stderr.text()).toContain("name its file with --against");
});
