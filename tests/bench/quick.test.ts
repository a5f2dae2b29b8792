/* Does `bun run bench` run every suite in its quick form, whatever becomes of the others? */
import { describe, expect, spyOn, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { experiments } from "../../bench/experiments/index.ts";
import { parseOptions } from "../../bench/kit/options.ts";
import { resultPath } from "../../bench/kit/results.ts";
import { type Outcome, runAll, summarise } from "../../bench/quick.ts";

const ROOT = join(import.meta.dir, "../..");
const MOST_REPEATS = 2;

async function bench(...args: string[]) {
  const child = Bun.spawn([process.execPath, "bench/run.ts", ...args], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

/** Discards what is printed during the call. */
async function quietly<T>(use: () => Promise<T> | T): Promise<T> {
  const [log, error] = [spyOn(console, "log"), spyOn(console, "error")].map((spy) => spy.mockImplementation(() => {}));
  try {
    return await use();
  } finally {
    log!.mockRestore();
    error!.mockRestore();
  }
}

describe("the quick options", () => {
  for (const [name, { quick }] of Object.entries(experiments)) {
    test(`of ${name} are options, small ones`, () => {
      const { n, repeats, json, against } = parseOptions(name, quick);
      expect(n).toBeGreaterThan(0);
      expect(n).toBeLessThanOrEqual(name === "kernels" ? 1_000_000 : 100_000);
      expect(repeats).toBeLessThanOrEqual(MOST_REPEATS);
      expect(json).toStartWith(join(ROOT, "bench/results", name));
      if (against !== null) expect(existsSync(against), against).toBe(true);
    });
  }
});

describe("all suites", () => {
  const suite = (quick: string[]) => ({ question: "?", quick });
  const three = { first: suite(["--n", "1"]), second: suite([]), third: suite(["--n", "3"]) };
  const played = (fail: (name: string) => void) =>
    quietly(async () => {
      const asked: unknown[] = [];
      const outcomes = await runAll(three, async (name, args) => {
        asked.push([name, ...args]);
        fail(name);
        return `${name}.json`;
      });
      return { asked, outcomes, code: summarise(outcomes) };
    });
  const summaryOf = (outcomes: Outcome[]) => outcomes.map(({ name, saved, error }) => ({ name, saved, error }));

  test("are run one after the other with their quick options", async () => {
    const { asked, outcomes, code } = await played(() => {});
    expect(asked).toEqual([["first", "--n", "1"], ["second"], ["third", "--n", "3"]]);
    expect(summaryOf(outcomes).map(({ saved }) => saved)).toEqual(["first.json", "second.json", "third.json"]);
    expect(code).toBe(0);
  });

  test("go on when one of them fails, and the whole has failed", async () => {
    const { outcomes, code } = await played((name) => {
      if (name === "first") throw new Error("no such thing\nand where");
      if (name === "second") process.exitCode = 1; // it has saved what it has
    });
    process.exitCode = 0;
    expect(summaryOf(outcomes)).toEqual([
      { name: "first", saved: null, error: "no such thing" },
      { name: "second", saved: "second.json", error: "parts of it failed, see above" },
      { name: "third", saved: "third.json", error: null },
    ]);
    expect(code).toBe(1);
  });
});

describe("the command line", () => {
  test("--help lists every suite with its question", async () => {
    const { out, code } = await bench("--help");
    expect(code).toBe(0);
    for (const name of Object.keys(experiments)) expect(out).toMatch(new RegExp(`  ${name} +`));
    for (const { question } of Object.values(experiments)) expect(out).toContain(question);
  });

  test("options without a suite are refused", async () => {
    const { err, code } = await bench("--n", "3", "--json", "out.json");
    expect(code).toBe(1);
    expect(err).toContain("--n is for one suite: bun run bench SUITE --n 3 --json out.json");
  });

  test("a suite that is not there is refused, with those that are", async () => {
    const { err, code } = await bench("nothing");
    expect(code).toBe(1);
    expect(err).toContain(Object.keys(experiments).join(", "));
  });
});

test("a result without a given name is named after its suite and the time", () => {
  expect(resultPath("skew")).toMatch(/bench[\\/]results[\\/]skew-\d{4}-\d\d-\d\dT\d{6}\.json$/);
});
