/*
 * Do the examples for frameworks without an adapter of ours find what they say, with the real framework? With its newest version;
 * FRAMEWORKS=oldest takes the oldest.
 */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { outputOf, run } from "../support/process.ts";
import { EXAMPLES } from "./frameworks.ts";
import { copyExamples, installed } from "./installed.ts";

const ROOT = join(import.meta.dir, "../..");

/** No framework may ask other machines while it is tested. */
const QUIET = { MEM0_TELEMETRY: "false", NODE_ENV: "production", DOTENV_CONFIG_QUIET: "true" };

const age = process.env.FRAMEWORKS === "oldest" ? "oldest" : "newest";

for (const [name, example] of Object.entries(EXAMPLES)) {
  const { prints, beside, package: tested, [age]: version } = example;
  const place = await installed(age === "newest" ? name : `${name}-${age}`, { ...beside, [tested]: version });
  if ("missing" in place) {
    console.warn(`not tested: examples/integrations/${name}.ts: ${place.missing}`);
    test.skip(`${name}: ${place.missing}`, () => {});
    continue;
  }
  test(name, async () => {
    await copyExamples(place.folder);
    const work = await mkdtemp(join(place.folder, "work-"));
    try {
      const program = join(place.folder, "examples/integrations", `${name}.ts`);
      const out = await outputOf([process.execPath, program], { cwd: work, env: { ...process.env, ...QUIET } });
      expect(out.trimEnd().split("\n")).toEqual(prints);
    } finally {
      await rm(work, { recursive: true });
    }
  });

  test(`${name} is typed as the framework says`, async () => {
    await copyExamples(place.folder);
    const tsconfig = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { moduleDetection: "force", types: ["bun-types"], typeRoots: [join(ROOT, "node_modules")] },
      include: [`examples/integrations/${name}.ts`, "examples/foods/*.d.ts", join(ROOT, "src/**/*.d.ts")],
      exclude: [],
    };
    await Bun.write(join(place.folder, "tsconfig.json"), JSON.stringify(tsconfig));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { out } = await run(["node", tsc, "-p", place.folder, "--pretty", "false"], { cwd: place.folder });
    // Types of Node that a framework brings along find fault with our sources, which are checked elsewhere.
    expect(out.split("\n").filter((line) => line.startsWith("examples/") || line.startsWith("error"))).toEqual([]);
  });
}
