/*
 * How do our classes do beside the packages that they stand in for? Runs those packages' own tests over both, then a small
 * build and 1,000 searches through the same calls, and prints the tables of docs/INTEGRATIONS.md.
 *
 *   bun tests/dropin/run.ts --hnswlib-node FOLDER [--usearch FOLDER]
 *
 * FOLDER: a checkout of hnswlib-node at its version 3.0.0, and the installed package of usearch (bench/node_modules/usearch
 * unless given). Their tests stay where they are: each runs in a folder of its own, with our module in place of theirs. The
 * originals come from bench/node_modules. usearch's tests run in Node (22 or newer), ours among them from `build/`, which
 * `npm run build` makes.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/process.ts";

const ROOT = join(import.meta.dir, "../..");
const MODULES = join(ROOT, "bench/node_modules");

interface Suite {
  name: string;
  version: string;
  /** Copies its tests to a folder, where they find `module`. Returns what runs them. */
  prepare(folder: string, module: string): string[];
  ours: string;
}

const JEST = `import { expect } from "bun:test";
const sorted = (list) => JSON.stringify([...list].sort());
expect.extend({
  toIncludeSameMembers: (got, wanted) => ({ pass: sorted(got) === sorted(wanted), message: () => sorted(got) }),
});
`;

function suites(options: Map<string, string>): Suite[] {
  const node = Bun.which("node");
  const list: Suite[] = [];
  const hnswlib = options.get("hnswlib-node");
  if (hnswlib !== undefined) {
    list.push({
      ...{ name: "hnswlib-node", version: "3.0.0", ours: join(ROOT, "src/dropin/hnswlib-node.ts") },
      prepare(folder, module) {
        cpSync(join(hnswlib, "test"), join(folder, "test"), { recursive: true });
        mkdirSync(join(folder, "lib"));
        writeFileSync(join(folder, "lib/index.js"), `module.exports = require(${JSON.stringify(module)});\n`);
        writeFileSync(join(folder, "jest.ts"), JEST);
        return [process.execPath, "test", "--preload", "./jest.ts", "./test"];
      },
    });
  }
  const usearch = options.get("usearch") ?? join(MODULES, "usearch");
  if (node !== null) {
    list.push({
      ...{ name: "usearch", version: "2.26.2", ours: join(ROOT, "build/usearch.js") },
      prepare(folder, module) {
        mkdirSync(join(folder, "dist/cjs"), { recursive: true });
        cpSync(join(usearch, "javascript/usearch.test.js"), join(folder, "usearch.test.js"));
        writeFileSync(join(folder, "dist/cjs/usearch.js"), `module.exports = require(${JSON.stringify(module)});\n`);
        return [node, "--test", "--test-reporter=tap", "usearch.test.js"];
      },
    });
  }
  return list;
}

interface Outcome {
  passed: number;
  failed: string[];
}

async function outcomeOf(suite: Suite, module: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-suite-"));
  try {
    const { out, err } = await run(suite.prepare(folder, module), { cwd: folder });
    return suite.name === "usearch" ? fromTap(out) : fromBun(err);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tests without tests in them. */
function fromTap(text: string): Outcome {
  const leaves = [...text.matchAll(/^( *)(not ok|ok) \d+ - (.*)$/gm)].filter(([line], i, all) => {
    const next = all[i - 1];
    return !(next !== undefined && next[1]!.length > /^ */.exec(line)![0].length); // it sums up those before it
  });
  return {
    passed: leaves.filter(([, , status]) => status === "ok").length,
    failed: leaves.filter(([, , status]) => status !== "ok").map(([, , , name]) => name!),
  };
}

function fromBun(text: string): Outcome {
  const passed = Number(/^ *(\d+) pass$/m.exec(text)?.[1] ?? 0);
  const list = text.split(/tests? failed:/)[0]!; // they are listed again at the end
  return { passed, failed: [...list.matchAll(/^\(fail\) (.*?) \[/gm)].map(([, name]) => name!) };
}

type Times = Record<"build" | "search" | "warm" | "recall", number>;

/** Ours and theirs in turn, each in a process of its own, five times; of the times the best, which others disturbed least. */
async function measured(name: string): Promise<Record<"ours" | "original", Times>> {
  const modules = { ours: join(ROOT, `src/dropin/${name}.ts`), original: join(MODULES, name) };
  const best = { ours: {} as Times, original: {} as Times };
  for (let i = 0; i < 5; i++) {
    for (const which of ["ours", "original"] as const) {
      const { out, err } = await run([process.execPath, join(import.meta.dir, "measure.ts"), name, modules[which]]);
      if (!out.startsWith("{")) throw new Error(`${name}, ${which}: ${err}`);
      const times = JSON.parse(out) as Times;
      for (const name of ["build", "search", "warm"] as const) {
        times[name] = Math.min(times[name], best[which][name] ?? times[name]);
      }
      best[which] = times;
    }
  }
  return best;
}

const options = new Map<string, string>();
for (let i = 2; i < process.argv.length; i += 2) options.set(process.argv[i]!.slice(2), process.argv[i + 1]!);
if (options.get("hnswlib-node") === undefined) console.error("without --hnswlib-node FOLDER its tests are left out");
console.log(
  "| package | version | its tests: ours | the original | not passed here |\n| --- | --- | ---: | ---: | --- |",
);
for (const suite of suites(options)) {
  const ours = await outcomeOf(suite, suite.ours);
  const theirs = await outcomeOf(suite, join(MODULES, suite.name));
  const [a, b] = [ours, theirs].map(({ passed, failed }) => `${passed} of ${passed + failed.length}`);
  console.log(`| ${suite.name} | ${suite.version} | ${a} | ${b} | ${ours.failed.join(", ") || "none"} |`);
}
if (!options.has("no-times")) {
  console.log(
    "\n| package | | build, 10,000 × 100 | first 1,000 searches | next 1,000 | recall@10 |\n| --- | --- | ---: | ---: | ---: | ---: |",
  );
  for (const name of readdirSync(MODULES).filter((name) => ["hnswlib-node", "usearch"].includes(name))) {
    for (const [which, { build, search, warm, recall }] of Object.entries(await measured(name))) {
      const times = `${build.toFixed(2)} s | ${search.toFixed(3)} s | ${warm.toFixed(3)} s`;
      console.log(`| ${name} | ${which} | ${times} | ${recall.toFixed(3)} |`);
    }
  }
}
