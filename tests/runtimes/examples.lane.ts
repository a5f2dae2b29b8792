/* Do the examples for isolates, browsers and one file do what their first lines say? */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "../../examples/browser/build.ts";
import { writeSnapshot } from "../../examples/foods/snapshot.ts";
import { outputOf } from "../support/process.ts";
import { programs } from "./install.ts";
import { buildPackage, ROOT } from "./package.ts";
import { launch, serveSite } from "./site.ts";
import { testWith } from "./test-with.ts";
import { serveIsolate } from "./workerd.ts";

const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-examples-"));

beforeAll(buildPackage);
afterAll(() => rmSync(folder, { recursive: true }));

testWith(programs.workerd, "examples/isolate searches its snapshot", async (workerd) => {
  await writeSnapshot(join(folder, "foods.bin"));
  const entry = join(ROOT, "examples/isolate/worker.js");
  const { address, stop } = await serveIsolate(workerd, entry, folder, ["foods.bin"]);
  try {
    for (let i = 0; i < 3; i++) {
      const hits = (await (await fetch(`${address}/?q=banna`)).json()) as { key: string }[];
      expect(hits.map(({ key }) => key)).toContain("banana");
    }
    expect((await fetch(address)).status).toBe(400);
  } finally {
    await stop();
  }
});

for (const isolated of [false, true]) {
  const mode = isolated ? "isolated" : "alone";
  testWith(programs.chromium, `examples/browser searches while you type, ${mode}`, async (chromium) => {
    const page = join(folder, mode);
    await buildPage(page);
    await using site = serveSite(isolated, { page });
    await using browser = await launch(chromium);
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`${site.url}page/index.html`);
    await tab.waitForSelector("#query:enabled");
    const cores = await tab.evaluate<number>("navigator.hardwareConcurrency");
    const threads = isolated ? `${cores} worker${cores === 1 ? "" : "s"}` : "one thread";
    for (const text of ["c", "choc", "choclate cak"]) {
      await tab.fill("#query", text);
      await tab.waitForSelector(`#hits[data-query="${text}"] li`);
    }
    expect(await tab.textContent("#hits")).toContain("chocolate cake");
    const status = (await tab.textContent("#status"))!;
    expect(status).toMatch(new RegExp(`^\\d,\\d{3} names, ${threads}, searched in `));
    const { SCREENSHOT } = process.env;
    if (SCREENSHOT) await tab.screenshot({ path: SCREENSHOT.replace(/(?=\.[a-z]+$)/, `-${mode}`) });

    const more = (Number.parseInt(status.replace(",", ""), 10) + 1).toLocaleString("en");
    await tab.fill("#query", "choclate cakelet");
    await tab.press("#query", "Enter");
    await tab.waitForSelector(`#status:has-text("${more} names")`);
    expect(await tab.textContent("#hits li")).toBe("choclate cakelet0.000");
    expect(errors).toEqual([]);
  });
}

test("examples/one-file runs from an empty folder, workers and all", async () => {
  const project = join(folder, "project");
  const installed = join(project, "node_modules/hnsw-workers");
  mkdirSync(join(project, "node_modules/@assemblyscript"), { recursive: true });
  cpSync(join(ROOT, "build"), join(installed, "build"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  const loader = "node_modules/@assemblyscript/loader";
  cpSync(join(ROOT, loader), join(project, loader), { recursive: true, dereference: true });
  cpSync(join(ROOT, "examples/one-file/server.js"), join(project, "server.js"));
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const command = ["build", "--compile", "server.js", "--outfile", join(empty, "foods")];
  await outputOf([process.execPath, ...command], { cwd: project });
  rmSync(project, { recursive: true }); // nothing of it may be needed

  expect(readdirSync(empty)).toHaveLength(1);
  await whileServing(empty, async (address) => {
    await fetch(`${address}/red`, { method: "PUT", body: "[1, 0, 0]" });
    const workers = (await (await fetch(address)).json()) as { alive: boolean }[];
    expect(workers.map(({ alive }) => alive)).toEqual([true, true]);
  });
  await whileServing(empty, async (address) => {
    const hits = await (await fetch(address, { method: "POST", body: "[1, 0, 0]" })).json();
    expect(hits).toEqual([{ key: "red", distance: 0 }]);
  });
});

/** Starts the one file, which keeps its index beside it, and ends it. */
async function whileServing(folder: string, use: (address: string) => Promise<void>): Promise<void> {
  const env = { ...process.env, PORT: "0", FOLDER: join(folder, "kept") };
  const server = Bun.spawn([join(folder, "foods")], { cwd: folder, env, stdout: "pipe", stderr: "inherit" });
  try {
    const { value } = await server.stdout.getReader().read();
    await use(`http://127.0.0.1:${/listening on (\d+)/.exec(new TextDecoder().decode(value))![1]}`);
  } finally {
    server.kill();
    await server.exited;
  }
}
