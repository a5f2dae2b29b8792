/* Do the tests of other packages pass over our classes? Each runs in a folder of its own, with one module in place of theirs. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/process.ts";

const ROOT = join(import.meta.dir, "../..");
/** Where the originals are installed. */
export const MODULES = join(ROOT, "bench/node_modules");

export interface Suite {
  name: string;
  version: string;
  /** Our module. */
  ours: string;
  /** Copies its tests to a folder, where they find `module`. Returns what runs them. */
  prepare(folder: string, module: string): string[];
  /** What a test that fails over ours asks for, and why it does; null: that is not known. */
  difference(test: string): { what: string; why: string } | null;
}

/** A matcher of jest-extended, which its tests use. */
const JEST = `import { expect } from "bun:test";
const sorted = (list) => JSON.stringify([...list].sort());
expect.extend({
  toIncludeSameMembers: (got, wanted) => ({ pass: sorted(got) === sorted(wanted), message: () => sorted(got) }),
});
`;

/** `checkout`: of hnswlib-node. Its tests run in Bun. */
export function suiteOfHnswlib(checkout: string): Suite {
  return {
    ...{ name: "hnswlib-node", version: "3.0.0", ours: join(ROOT, "src/dropin/hnswlib-node.ts") },
    prepare(folder, module) {
      cpSync(join(checkout, "test"), join(folder, "test"), { recursive: true });
      mkdirSync(join(folder, "lib"));
      writeFileSync(join(folder, "lib/index.js"), `module.exports = require(${JSON.stringify(module)});\n`);
      writeFileSync(join(folder, "jest.ts"), JEST);
      return [process.execPath, "test", "--preload", "./jest.ts", "./test"];
    },
    difference: () => null,
  };
}

/** `installed`: the package of usearch, which holds its tests. They run in Node (22 or newer), ours from `build/`. */
export function suiteOfUsearch(installed: string, node: string): Suite {
  return {
    ...{ name: "usearch", version: "2.26.2", ours: join(ROOT, "build/usearch.js") },
    prepare(folder, module) {
      mkdirSync(join(folder, "dist/cjs"), { recursive: true });
      cpSync(join(installed, "javascript/usearch.test.js"), join(folder, "usearch.test.js"));
      writeFileSync(join(folder, "dist/cjs/usearch.js"), `module.exports = require(${JSON.stringify(module)});\n`);
      return [node, "--test", "--test-reporter=tap", "usearch.test.js"];
    },
    difference(test) {
      const kind = /\b(e5m2|e4m3|e3m2|e2m3)\b/.exec(test)?.[1];
      return kind === undefined ? null : { what: `\`${kind}\``, why: "refused by name" };
    },
  };
}

export interface Outcome {
  passed: number;
  failed: string[];
}

export async function outcomeOf(suite: Suite, module: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-suite-"));
  try {
    const { out, err } = await run(suite.prepare(folder, module), { cwd: folder });
    return out.startsWith("TAP") ? fromTap(out) : fromBun(err);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tests without tests in them. */
function fromTap(text: string): Outcome {
  const leaves = [...text.matchAll(/^( *)(not ok|ok) \d+ - (.*)$/gm)].filter(([, indent], i, all) => {
    const before = all[i - 1];
    return !(before !== undefined && before[1]!.length > indent!.length); // it sums up those before it
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
