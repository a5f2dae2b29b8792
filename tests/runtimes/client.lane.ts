/* Does `hnsw-workers/client` run as one file in Node, Deno and a browser? */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Serving } from "../server/serving.ts";
import { Folder } from "../support/folder.ts";
import { outputOf } from "../support/process.ts";
import { type Program, programs } from "./install.ts";
import { launch, serveSite } from "./site.ts";

let folder: Folder;
let site: ReturnType<typeof serveSite>;
let serving: Serving;

beforeAll(async () => {
  folder = new Folder();
  const { success, outputs } = await Bun.build({
    ...{ entrypoints: [join(import.meta.dir, "../../src/client/client.ts")], target: "browser", minify: true },
    ...{ outdir: folder.path, naming: "client.mjs" },
  });
  expect(success).toBe(true);
  expect(await outputs[0]!.text()).not.toMatch(/\bimport\b\s*["{*\w]/);
  site = serveSite(false, { built: folder.path });
  serving = await Serving.start({ apiKey: "key", origins: [new URL(site.url).origin] });
});

afterAll(async () => {
  await site?.stop(true);
  await serving?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

/** What a program does with the client, as the body of an async function; it returns JSON. */
const program = (name: string) => `
  const store = connect(${JSON.stringify(serving.url)}, { apiKey: "key" });
  await store.create(${JSON.stringify(name)}, { dimensions: 2, metric: "l2", fields: { n: "number" } });
  const index = await store.open(${JSON.stringify(name)});
  const space = index.space("s");
  await space.addMany([1, 2n, "three"], [[1, 1], [2, 2], [3, 3]], [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const hits = await space.search([2, 2], { k: 2, where: { n: { $gte: 2 } }, include: ["vector"] });
  const report = await index.import(await index.export("s"), "t");
  const refusal = await space.add("x", [1]).catch((error) => error.code);
  const shown = hits.map(({ key, distance, vector }) => [String(key), typeof key, distance, ...vector]);
  return JSON.stringify([shown, report, refusal, await index.spaces()]);
`;
const EXPECTED = [
  [
    ["2", "bigint", 0, 2, 2],
    ["three", "string", 2, 3, 3],
  ],
  { spaces: 1, entries: 3 },
  "BAD_DIMENSIONS",
  ["s", "t"],
];

const run = (args: string[], of: Program, name: string) =>
  test.skipIf("missing" in of)(`in ${name}`, async () => {
    const file = join(folder.path, `${name}.mjs`);
    await Bun.write(
      file,
      `import { connect } from "./client.mjs";\nconsole.log(await (async () => {${program(name)}})());\n`,
    );
    const out = await outputOf([(of as { path: string }).path, ...args, file]);
    expect(JSON.parse(out)).toEqual(EXPECTED);
  });

run([], programs.bun, "bun");
run([], programs.node, "node");
run(["run", "--allow-net"], programs.deno, "deno");

test.skipIf("missing" in programs.chromium)("in a page", async () => {
  await using browser = await launch((programs.chromium as { path: string }).path);
  const page = await browser.newPage();
  await page.goto(`${site.url}`);
  const script = `(async () => { const { connect } = await import("/built/client.mjs"); ${program("page")} })()`;
  expect(JSON.parse(await page.evaluate<string>(script))).toEqual(EXPECTED);
});
