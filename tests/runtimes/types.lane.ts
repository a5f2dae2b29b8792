/* Does a program compile with the published types, whatever its TypeScript and its other types are? */
import { beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../support/process.ts";
import { MODULES } from "./install.ts";
import { Project, packPackage, ROOT } from "./package.ts";

const COMPILERS = {
  "5.4": join(MODULES, "typescript-5.4/bin/tsc"),
  "5.9": join(MODULES, "typescript-5.9/bin/tsc"),
  "7": join(ROOT, "node_modules/typescript/bin/tsc"),
};

const NEWEST = COMPILERS["7"];

const LINKED = {
  "bun-types": join(ROOT, "node_modules/bun-types"),
  "@types/node": join(ROOT, "node_modules/@types/node"),
  "@cloudflare/workers-types": join(MODULES, "@cloudflare/workers-types"),
};

interface Surroundings {
  lib: string[];
  types?: (keyof typeof LINKED)[];
  /** Of the folder `consumers`. */
  programs: string[];
  /** Checked by the newest compiler only: the others take long. */
  newest?: true;
}

const SURROUNDINGS: Record<string, Surroundings> = {
  "nothing but the language": { lib: ["ES2022"], programs: ["anywhere"] },
  "an older language": { lib: ["ES2020"], programs: ["anywhere"], newest: true },
  "the DOM": { lib: ["ES2022", "DOM"], programs: ["anywhere", "web", "page"] },
  "bun-types": { lib: ["ESNext"], types: ["bun-types"], programs: ["anywhere", "web", "bun"] },
  "bun-types and the DOM": {
    ...{ lib: ["ESNext", "DOM"], types: ["bun-types"], programs: ["anywhere", "web", "bun"], newest: true },
  },
  "Node's types": { lib: ["ES2022"], types: ["@types/node"], programs: ["anywhere", "web"], newest: true },
  "the types of an isolate platform": {
    ...{ lib: ["ES2022"], types: ["@cloudflare/workers-types"], programs: ["anywhere", "isolate"], newest: true },
  },
};

const OPTIONS = {
  ...{ target: "ES2022", module: "preserve", moduleResolution: "bundler", noEmit: true, skipLibCheck: false },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
};

let unpacked: string;
beforeAll(async () => {
  ({ unpacked } = await packPackage());
});

/** What a compiler finds in the programs and in the package. What it finds in others' types is theirs. */
async function problemsOf(compiler: string, { lib, types = [], programs }: Surroundings, more = {}): Promise<string[]> {
  await using project = await Project.make(unpacked);
  const { folder } = project;
  for (const name of types) {
    await mkdir(join(folder, "node_modules", name, ".."), { recursive: true });
    await symlink(LINKED[name], join(folder, "node_modules", name));
  }
  const files = programs.map((name) => `${name}.ts`);
  for (const file of files) await cp(join(import.meta.dir, "consumers", file), join(folder, file));
  const compilerOptions = { ...OPTIONS, ...more, lib, types };
  await Bun.write(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { code, out, err } = await run(["node", compiler, "--pretty", "false"], { cwd: folder });
  expect(err).toBe("");
  const problems = out.split("\n").filter((line) => /^(\w+\.ts|node_modules\/hnsw-workers\/.*)\(|^error/.test(line));
  expect(code === 0).toBe(out === "");
  return problems;
}

/** The oldest and the newest; those between by command. */
const isAsked = (version: string) => version !== "5.9" || process.env.TYPES === "all";

for (const [version, compiler] of Object.entries(COMPILERS).filter(([version]) => isAsked(version))) {
  describe(`TypeScript ${version}`, () => {
    for (const [name, surroundings] of Object.entries(SURROUNDINGS)) {
      if (surroundings.newest && compiler !== NEWEST) continue;
      test(`with ${name}`, async () => expect(await problemsOf(compiler, surroundings)).toEqual([]));
    }
  });
}

test("with Node's rules for modules", async () => {
  const rules = { module: "nodenext", moduleResolution: "nodenext" };
  expect(await problemsOf(NEWEST, SURROUNDINGS["Node's types"]!, rules)).toEqual([]);
});

test("what is wrong in a program is found here", async () => {
  const [problem] = await problemsOf(NEWEST, { lib: ["ES2022"], programs: ["web"] });
  expect(problem).toStartWith("web.ts(");
});
