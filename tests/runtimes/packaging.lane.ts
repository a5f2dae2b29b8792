/* Is what `npm pack` makes a package that bundlers, type checkers and debuggers take as it is meant, whole in itself? */
import { beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { outputOf } from "../support/process.ts";
import { MODULES } from "./install.ts";
import { Project, packPackage, ROOT } from "./package.ts";

let { tarball, unpacked } = { tarball: "", unpacked: "" };
let files: string[];

beforeAll(async () => {
  ({ tarball, unpacked } = await packPackage());
  files = readdirSync(unpacked, { recursive: true, encoding: "utf8" });
});

const textOf = (file: string) => Bun.file(join(unpacked, file)).text();

test("publint finds nothing", async () => {
  await outputOf([process.execPath, join(MODULES, "publint/src/cli.js"), tarball, "--strict"]);
});

test("the types are those of what is imported", async () => {
  const program = join(MODULES, "@arethetypeswrong/cli/dist/index.js");
  // Modules only, as the package says; the workers' file is not imported.
  const rules = ["--profile", "esm-only", "--exclude-entrypoints", "edge-worker.js"];
  await outputOf([process.execPath, program, tarball, ...rules]);
});

/** What exported types are made of, in files of their own; programs have no need to name them. */
const PARTS = ["AddManyRest", "AddRest", "DocumentChoices", "DocumentSettings", "Included", "PlainSearchOptions"];

test("the declarations are those of what is exported, and of nothing else but what runtimes have", async () => {
  // An adapter's file is an entry itself: what it declares is exported.
  const entries = ["index", "search", "server/server", "cluster/cluster", "client/client"].map(
    (name) => `build/types/src/${name}.d.ts`,
  );
  const lists = await Promise.all(entries.map(async (entry) => (await textOf(entry)).match(/\{[^}]*\}/g)!));
  const names = new Set(
    lists.flat().flatMap((list) =>
      list
        .replace(/\btype\s+(?=\w)/g, "")
        .replace(/[{},]/g, " ")
        .trim()
        .split(/\s+/),
    ),
  );
  expect(names).toContain("VectorIndex");
  const declared = new Set<string>();
  for (const file of files.filter((file) =>
    /^build\/types\/src\/(?!runtime\/|adapters\/|dropin\/|foreign\/).*\.d\.ts$/.test(file),
  )) {
    const text = await textOf(file);
    for (const [, name] of text.matchAll(/^export (?:declare )?[a-z]+ (\w+)\b(?! from)/gm)) declared.add(name!);
  }
  expect([...declared].sort()).toEqual([...names, ...PARTS].sort());
});

test("the declarations say nothing of what is private, and need no other types", async () => {
  for (const file of files.filter((file) => /^build\/types\/.*\.d\.ts$/.test(file))) {
    const found = (await textOf(file)).match(/\bprivate\b|#private|@internal|<reference types|"(node|bun)\b.*/g) ?? [];
    expect({ file, found: [...found] }).toEqual({ file, found: [] });
  }
});

test("every bundle and every declaration has a map, and each of its sources is there or in the map", async () => {
  const mapped = files.filter((file) => /^build\/(?!places\.).*(\.js|\.d\.ts)$/.test(file)); // those have no source
  expect(mapped.length).toBeGreaterThan(20);
  for (const file of mapped) {
    const link = /^\/\/# sourceMappingURL=(.+)$/m.exec(await textOf(file))?.[1];
    expect({ file, link }).toEqual({ file, link: `${file.split("/").at(-1)}.map` });
    const { sources, sourcesContent = [] } = JSON.parse(await textOf(`${file}.map`)) as Record<string, string[]>;
    for (const [i, source] of sources!.entries()) {
      const isThere = sourcesContent[i] ? true : existsSync(join(unpacked, dirname(file), source));
      expect({ file, source, isThere }).toEqual({ file, source, isThere: true });
    }
  }
});

test("both entries have one class of errors, whatever the runtime", async () => {
  await using project = await Project.make(unpacked);
  const builds = [
    ["index.js", "search.js"],
    ["edge-index.js", "edge-search.js"],
  ];
  for (const [index, search] of builds) {
    const [one, other] = [index, search].map((file) => `import("./node_modules/hnsw-workers/build/${file}")`);
    await Bun.write(
      join(project.folder, "program.js"),
      `const { open, HnswError } = await ${one};
      const { HnswError: Other, openSearch } = await ${other};
      const failures = await Promise.all([open(), openSearch()].map((call) => call.catch((error) => error)));
      console.log(HnswError === Other, failures.every((failure) => failure instanceof HnswError));`,
    );
    expect(await outputOf([process.execPath, "program.js"], { cwd: project.folder })).toBe("true true\n");
  }
});

test("an error's stack leads to the line of the source that made it", async () => {
  await using project = await Project.make(unpacked);
  const program = 'import { open } from "hnsw-workers"; await open({}).catch(({ stack }) => console.log(stack));';
  await Bun.write(join(project.folder, "program.js"), program);
  for (const command of [[process.execPath], ["node", "--enable-source-maps"]]) {
    const stack = await outputOf([...command, "program.js"], { cwd: project.folder });
    const [, file, line] = /hnsw-workers\/(src\/[^:]+):(\d+)/.exec(stack)!;
    expect((await textOf(file!)).split("\n")[Number(line) - 1]).toContain("new HnswError(");
  }
});

test("what README and docs link to is in the package, or an address", async () => {
  const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].filter((file) => files.includes(file));
  const docs = files.filter((file) => /^docs\/.*\.md$/.test(file));
  expect(docs.length).toBeGreaterThan(2);
  for (const page of [...pages, ...docs]) {
    const links = (await textOf(page)).matchAll(/(?<!!)\[[^\]]*\]\((?!https:|#)([^)#\s]+)/g);
    for (const [, link] of links) {
      const target = normalize(join(dirname(page), link!)).replace(/\/$/, "");
      expect({ page, link, isThere: files.includes(target) }).toEqual({ page, link, isThere: true });
    }
  }
});

test("one owner has the repository, the homepage and the bugs, and only package.json names it", async () => {
  const { repository, homepage, bugs } = await Bun.file(join(unpacked, "package.json")).json();
  const address = /^git\+(https:\/\/github\.com\/[^/]+\/hnsw-workers)\.git$/.exec(repository.url)![1]!;
  expect({ homepage, bugs }).toEqual({ homepage: `${address}#readme`, bugs: `${address}/issues` });
  for (const file of files.filter((file) => /\.(md|ts|js|toml|html)$/.test(file))) {
    expect({ file, namesIt: (await textOf(file)).includes(address) }).toEqual({ file, namesIt: false });
  }
});

test("package.json pins Bun, and whatever names that version follows", async () => {
  const { devDependencies, engines } = await Bun.file(join(ROOT, "package.json")).json();
  expect(devDependencies["bun-types"]).toBe(devDependencies.bun);
  expect(Bun.semver.satisfies(devDependencies.bun, engines.bun)).toBe(true);
  const images = (await Bun.file(join(ROOT, "docs/RECIPES.md")).text()).matchAll(/oven\/bun:(\S+)/g);
  for (const [, version] of images) expect(version).toBe(devDependencies.bun);
});
