/* Do threads in a browser start where they can, get replaced when they end, and end with their index? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForEdge } from "../../.ci/bundle.ts";
import { programs } from "./install.ts";
import { BUILD, buildPackage } from "./package.ts";
import { type Browser, launch, serveSite } from "./site.ts";

const { chromium } = programs;
let browser: Browser;
/** The build, with a bundle beside it that hands out the insides of an index. */
const withInsides = mkdtempSync(join(tmpdir(), "hnsw-workers-insides-"));
afterAll(() => rmSync(withInsides, { recursive: true }));

/** Runs the body of an async function in a new page that has `open`; returns what that returns. */
async function inPage<T>(isolated: boolean, body: string, build = BUILD): Promise<T> {
  await using site = serveSite(isolated, { build });
  const page = await browser.newPage();
  await page.goto(`${site.url}`);
  return await page.evaluate<T>(`(async () => {
    const { open } = await import("/build/edge-index.js");
    const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0));
    ${body}
  })()`);
}

if ("missing" in chromium) {
  console.warn(`not tested in a browser: ${chromium.missing}`);
  test.skip(chromium.missing, () => {});
} else {
  beforeAll(async () => {
    await buildPackage();
    cpSync(BUILD, withInsides, { recursive: true });
    await bundleForEdge([join(import.meta.dir, "insides.ts")], withInsides);
    browser = await launch(chromium.path);
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  const countOf = `
    const index = await open({ dimensions: 2 });
    const { length } = index.stats().workers.filter(({ alive }) => alive);
    const { workers } = index.options;
    await index.close();
    return { workers, alive: length, cores: navigator.hardwareConcurrency };
  `;

  describe("a page that is isolated", () => {
    test("starts as many workers as there are cores", async () => {
      const { workers, alive, cores } = await inPage<Record<string, number>>(true, countOf);
      expect([workers, alive]).toEqual([Math.min(64, cores!), Math.min(64, cores!)]);
    });

    test("may do so in a worker of its own", async () => {
      const inWorker = `
        const lines = \`
          import { open } from "\${location.origin}/build/edge-index.js";
          const index = await open({ dimensions: 2, workers: 2 });
          await index.space("s").add("k", [1, 0]);
          await index.flush();
          postMessage(index.stats().workers.filter(({ alive }) => alive).length);
        \`;
        const url = URL.createObjectURL(new Blob([lines], { type: "text/javascript" }));
        const worker = new Worker(url, { type: "module" });
        return await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });
      `;
      expect(await inPage<number>(true, inWorker)).toBe(2);
    });

    test("learns why there are no workers when the package comes from another origin, and works without them", async () => {
      await using other = serveSite(true, { build: BUILD });
      const elsewhere = `
        const { open: openFromThere } = await import("${other.url}build/edge-index.js");
        const refused = await openFromThere({ dimensions: 2, onIncident() {} }).catch((error) => error);
        const index = await openFromThere({ dimensions: 2, workers: 0 });
        await index.space("s").add("k", [1, 0]);
        const [hit] = await index.space("s").search([1, 0]);
        return { name: refused.name, code: refused.code, message: refused.message, found: hit.key };
      `;
      const { message, ...rest } = await inPage<Record<string, string>>(true, elsewhere);
      expect(rest).toEqual({ name: "HnswError", code: "UNSUPPORTED", found: "k" });
      expect(message).toContain("could not be started");
      expect(message).toContain("edge-worker.js");
    });

    test("loses nothing when workers are killed while they link, and hears of each", async () => {
      const killing = `
        const { openWith } = await import("/build/edge-insides.js");
        const incidents = [];
        const onIncident = (incident) => incidents.push(incident);
        const options = { dimensions: 16, metric: "l2", flatBelow: 64, partitions: 2, maxPending: 1000 };
        const { index, pool } = await openWith({ ...options, workers: 2, onIncident }, {});
        const vectors = Array.from({ length: 4000 }, (_, i) => Float32Array.from({ length: 16 }, (_, j) => (i * (j + 7)) % 97));
        const space = index.space("s");
        let accepted = false;
        const adding = space.addMany([...vectors.keys()], vectors).then(() => { accepted = true; });
        const linked = [0, 0];
        for (let kill = 0; kill < 8; kill++) {
          const worker = kill % 2;
          const figures = () => index.stats().workers[worker];
          while (!(figures().alive && (figures().linked > linked[worker] || accepted))) await nextTurn();
          await pool.kill(worker);
          linked[worker] = figures().linked;
        }
        await adding;
        await index.flush();
        let held = 0;
        for (const [key, vector] of vectors.entries()) {
          held += (await space.get(key)).every((value, i) => value === vector[i]) ? 1 : 0;
        }
        const { ok } = await index.check();
        const restarts = index.stats().workers.map(({ restarts }) => restarts);
        await index.close();
        return { held, ok, restarts, kinds: incidents.map(({ kind }) => kind).join() };
      `;
      const kinds = new Array(8).fill("exit").join();
      expect(await inPage<unknown>(true, killing, withInsides)).toEqual({
        held: 4000,
        ok: true,
        restarts: [4, 4],
        kinds,
      });
    });

    test("replaces a worker that throws, and hears its message", async () => {
      const throwing = `
        const { openWith } = await import("/build/edge-insides.js");
        let hear;
        const incident = new Promise((resolve) => { hear = resolve; });
        const { index, pool } = await openWith({ dimensions: 2, workers: 1, onIncident: hear }, {});
        pool.send(0, { type: "search", id: 0, partition: 99 }); // there is none
        const { kind, message } = await incident;
        await index.space("s").addMany([1, 2], [[1, 0], [0, 1]]);
        await index.flush();
        const { restarts } = index.stats().workers[0];
        await index.close();
        return { kind, message, restarts };
      `;
      expect(await inPage<unknown>(true, throwing, withInsides)).toEqual({
        ...{ kind: "exit", restarts: 1 },
        message: expect.stringContaining("TypeError"),
      });
    });

    test("has no worker left after close: no lock of one is held", async () => {
      const locks = `
        const held = async () => (await navigator.locks.query()).held.length;
        const index = await open({ dimensions: 2, workers: 3 });
        const before = await held();
        await index.close();
        while ((await held()) > 0) await nextTurn(); // a thread that asked for a worker's lock gives it back
        return before;
      `;
      expect(await inPage<number>(true, locks)).toBe(3);
    });

    test("learns what is missing when the worker's file is not beside the bundle", async () => {
      const refused = `
        const index = open({ dimensions: 2, workers: 1, onIncident: () => {} });
        return await index.then(() => "opened", ({ code, message }) => code + ": " + message);
      `;
      const bundle = mkdtempSync(join(tmpdir(), "hnsw-workers-bundle-"));
      cpSync(BUILD, bundle, { recursive: true, filter: (path) => !path.endsWith("edge-worker.js") });
      const said = await inPage<string>(true, refused, bundle);
      rmSync(bundle, { recursive: true });
      expect(said).toStartWith("INTERNAL: Worker 0 ended while it started: edge-worker.js could not be loaded");
    });
  });

  describe("a page that is not", () => {
    test("has one thread", async () => {
      expect(await inPage<Record<string, number>>(false, countOf)).toMatchObject({ workers: 0 });
    });

    test("is refused workers", async () => {
      const asked = `return await open({ dimensions: 2, workers: 2 }).then(() => "opened", ({ code }) => code);`;
      expect(await inPage<string>(false, asked)).toBe("UNSUPPORTED");
    });
  });
}
