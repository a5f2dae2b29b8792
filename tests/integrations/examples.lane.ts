/* Do the examples for frameworks without an adapter of ours find what they say, with the real framework? */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { outputOf, run } from "../support/process.ts";
import { copyExamples, installed } from "./installed.ts";

const ROOT = join(import.meta.dir, "../..");

interface Example {
  packages: Record<string, string>;
  prints: string[];
}

const EXAMPLES: Record<string, Example> = {
  "ai-sdk": { packages: { ai: "7.0.173" }, prints: ["Apples are sweet.", "Lemons are sour."] },
  genkit: { packages: { genkit: "1.42.0" }, prints: ["Apples are sweet.", "Lemons are sour."] },
  mem0: { packages: { mem0ai: "3.3.1", "@langchain/core": "1.4.0" }, prints: ["Ann likes sweet apples."] },
  voltagent: {
    packages: { "@voltagent/core": "2.10.0", ai: "6.0.326", zod: "4.6.7" },
    prints: ["Apples are sweet.", "Foxes are quick."],
  },
};

/** No framework may ask other machines while it is tested. */
const QUIET = { MEM0_TELEMETRY: "false", NODE_ENV: "production" };

for (const [name, { packages, prints }] of Object.entries(EXAMPLES)) {
  const place = await installed(name, packages);
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
