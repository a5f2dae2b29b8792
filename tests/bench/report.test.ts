/* Is docs/EXPERIMENTS.md what its saved figures say, and does a suite without figures say so? */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Section } from "../../bench/experiment.ts";
import { experiments } from "../../bench/experiments/index.ts";
import { make } from "../../bench/publish.ts";
import { document } from "../../bench/report/document.ts";

const DOCS = join(import.meta.dir, "../../docs");
const machine = { cpu: "a CPU", cores: 2, memoryGiB: 8, platform: "linux-x64", bun: "1.0.0", load: 1, pinning: true };

describe("the committed document", () => {
  const { filled, text } = make();

  test("is what `bun run bench report` makes of the committed figures", () => {
    expect(readFileSync(join(DOCS, "EXPERIMENTS.md"), "utf8")).toBe(text);
  });

  test("has every plot that it shows", () => {
    const plots = filled.flatMap(({ page }) => page?.plots ?? []);
    for (const { name } of plots) expect(existsSync(join(DOCS, "experiments", `${name}.svg`)), name).toBe(true);
    expect(new Set(plots.map(({ name }) => name)).size).toBe(plots.length);
  });

  test("holds no figure that is not one", () => {
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  test("names every suite once", () => {
    const titles = Object.values(experiments).flatMap(({ title, claims }) => (claims.length > 0 ? [title] : []));
    for (const title of titles) expect(text.split(`## ${title}\n`)).toHaveLength(2);
  });
});

/** A suite that has saved nothing yet. */
function planned(suite: string, title: string, claims: string[]): Section {
  const page = () => ({ findings: [], body: [], plots: [] });
  return { title, claims, command: `bun run bench ${suite}`, condense: () => ({}), page };
}

test("a suite without figures has its claims in the table, and its command", () => {
  const section = planned("later", "Later", ["a claim"]);
  const text = document([{ section, saved: null, page: null }], "experiments");
  expect(text).toContain("| a claim |  | not measured yet | `bun run bench later` |");
  expect(text).toContain("Not measured yet: `bun run bench later`.");
});

test("simulated figures are marked in the table and in their section", () => {
  const section: Section = { ...planned("later", "Later", []), simulated: true };
  const saved = { suite: "later", date: "2026-01-02T03:04:05Z", machine, repeats: 3 };
  const findings = [{ claim: "c", measured: "m", verdict: "holds in part" as const, why: "because" }];
  const text = document([{ section, saved, page: { findings, body: [], plots: [] } }], "experiments");
  expect(text).toContain("| c | m | **holds in part** (simulated) | [Later](#later) |");
  expect(text).toContain("**Simulated** on a CPU, 2 cores, Bun 1.0.0, 2026-01-02: `bun run bench later`");
  expect(text).toContain("- _c_ holds in part: because");
});
