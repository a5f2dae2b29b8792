/* Does a bundler that knows nothing of the package find its workers and its core, and does the page run with them? */
import { expect } from "bun:test";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";
import { MODULES, programs } from "./install.ts";
import { buildPackage, Project } from "./package.ts";
import { launch, serveSite } from "./site.ts";
import { testWith } from "./test-with.ts";

const PAGE = '<!doctype html><title>.</title><script type="module" src="./page.js"></script>';
const SCRIPT = `
  import { open } from "hnsw-workers";
  window.result = (async () => {
    const index = await open({ dimensions: 2, flatBelow: 0 });
    await index.space("s").addMany(["east", "north"], [[1, 0], [0, 1]]);
    await index.flush();
    const [{ key }] = await index.space("s").search([0.9, 0.1], { k: 1 });
    return { key, workers: index.options.workers, cores: navigator.hardwareConcurrency };
  })();
`;

testWith(programs.chromium, "Vite, without a word of configuration", async (chromium) => {
  await buildPackage();
  await using project = await Project.make();
  const { folder } = project;
  await Bun.write(join(folder, "index.html"), PAGE);
  await Bun.write(join(folder, "page.js"), SCRIPT);
  const vite = join(MODULES, "vite/bin/vite.js");
  await outputOf([process.execPath, vite, "build", "--base", "./"], { cwd: folder });
  await using browser = await launch(chromium);
  for (const isolated of [true, false]) {
    await using site = serveSite(isolated, { dist: join(folder, "dist") });
    const page = await browser.newPage();
    await page.goto(`${site.url}dist/index.html`);
    const { key, workers, cores } = await page.evaluate<Record<string, unknown>>("window.result");
    expect([key, workers]).toEqual(["east", isolated ? cores : 0]);
  }
});
