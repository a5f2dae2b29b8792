/* Does a bundler that knows nothing of the package find its workers and its core, and does the page run with them? */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { MODULES, programs } from "./install.ts";
import { packageFolder } from "./runtimes.ts";
import { launch, serveSite } from "./site.ts";

setDefaultTimeout(120_000); // the machine may be busy

const ROOT = join(import.meta.dir, "../..");
const { chromium } = programs;
const folder = await packageFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const PAGE = '<!doctype html><title>.</title><script type="module" src="./page.js"></script>';
const SCRIPT = `
  import { open } from "hnsw-workers";
  window.answer = (async () => {
    const index = await open({ dimensions: 2, flatBelow: 0 });
    await index.space("s").addMany(["east", "north"], [[1, 0], [0, 1]]);
    await index.flush();
    const [{ key }] = await index.space("s").search([0.9, 0.1], { k: 1 });
    return { key, workers: index.options.workers, cores: navigator.hardwareConcurrency };
  })();
`;

async function ran(command: string[], cwd: string): Promise<void> {
  const job = Bun.spawn(command, { cwd, stdout: "pipe", stderr: "pipe" });
  const [code, out, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
  expect({ code, says: code === 0 ? "" : out + errors }).toEqual({ code: 0, says: "" });
}

if ("missing" in chromium) {
  console.warn(`not tested in a browser: ${chromium.missing}`);
  test.skip(chromium.missing, () => {});
} else {
  test("Vite, without a word of configuration", async () => {
    await ran([process.execPath, ".ci/build.ts"], ROOT);
    await Bun.write(join(folder, "index.html"), PAGE);
    await Bun.write(join(folder, "page.js"), SCRIPT);
    await ran([process.execPath, join(MODULES, "vite/bin/vite.js"), "build", "--base", "./"], folder);
    await using browser = await launch(chromium.path);
    for (const isolated of [true, false]) {
      await using site = serveSite(isolated, { dist: join(folder, "dist") });
      const page = await browser.newPage();
      await page.goto(`${site.url}dist/index.html`);
      const { key, workers, cores } = await page.evaluate<Record<string, unknown>>("window.answer");
      expect([key, workers]).toEqual(["east", isolated ? cores : 0]);
    }
  });
}
