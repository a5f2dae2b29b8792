/* Do the experiments that need no packages still run? A tiny form of each: what they find is for the benches to say. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rateAtRecall } from "../../bench/harness/curve.ts";

const ROOT = join(import.meta.dir, "../..");
const BUILD = join(ROOT, "build/core.release.relaxed.wasm");
const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-bench-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a suite as its user would and returns what it saved. */
async function bench(suite: string, ...args: string[]): Promise<Record<string, unknown>> {
  const file = join(folder, `${suite}.json`);
  const command = [process.execPath, "bench/run.ts", suite, ...args, "--repeats", "1", "--json", file];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect({ code, says: code === 0 ? "" : out + err }).toEqual({ code: 0, says: "" });
  return JSON.parse(readFileSync(file, "utf8"));
}

describe("a tiny run of", () => {
  const set = ["--set", "synth128", "--n", "2500"];
  const runs: Record<string, string[]> = {
    peers: ["--set", "synth128", "--n", "1200", "--peers", "ours", "--workers", "1"],
    scale: ["--n", "1500"],
    scaling: set,
    skew: ["--set", "synth128", "--n", "6000"],
    batch: set,
    locality: set,
    calibrate: ["--set", "synth128", "--n", "4000"],
    simulate: ["--n", "20"],
    freshness: set,
    churn: set,
    kernels: ["--n", "1000"],
    durable: set,
    edge: set,
    core: [...set, "--against", BUILD],
  };
  for (const [suite, args] of Object.entries(runs)) {
    test(`${suite} saves its figures with the machine and the date`, async () => {
      const saved = await bench(suite, ...args);
      expect(saved).toMatchObject({ suite, repeats: 1, machine: { bun: Bun.version } });
      expect(Number.isNaN(Date.parse(saved.date as string))).toBe(false);
      expect(JSON.stringify(saved)).not.toContain("null"); // a figure that was not measured
    }, 60_000);
  }
});

test("core refuses to run without a build to compare with", async () => {
  const command = [process.execPath, "bench/run.ts", "core", "--set", "synth128"];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  expect(await child.exited).toBe(1);
  expect(await child.stderr.text()).toContain("name its file with --against");
});

describe("a rate at equal recall", () => {
  const curve = [
    { recall: 0.9, searchesPerSecond: 1000 },
    { recall: 0.96, searchesPerSecond: 500 },
    { recall: 0.98, searchesPerSecond: 250 },
  ];

  test("is read off between two points, by the time of a search", () => {
    expect(rateAtRecall(curve, 0.9)).toBe(1000);
    expect(rateAtRecall(curve, 0.93)).toBeCloseTo(1 / 0.0015, 6);
    expect(rateAtRecall(curve.toReversed(), 0.97)).toBeCloseTo(1 / 0.003, 6);
    expect(rateAtRecall(curve, 0.98)).toBe(250);
  });

  test("is not made up beyond what was measured", () => {
    expect(rateAtRecall(curve, 0.89)).toBeNull();
    expect(rateAtRecall(curve, 0.99)).toBeNull();
    expect(rateAtRecall([], 0.9)).toBeNull();
  });
});
