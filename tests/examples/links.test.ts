/* Does every file, folder and heading that a document names exist? */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { anchorOf, ROOT } from "./blocks.ts";

const DOCUMENTS = ["README.md", "CONTRIBUTING.md", ...new Bun.Glob("docs/*.md").scanSync(ROOT)];
/** Their code is a reader's project, with files of its own. */
const OWN_FILES = ["README.md", "docs/RECIPES.md", "docs/INTEGRATIONS.md"];
const FOLDERS = ["src", "assembly", "tests", "bench", "examples", "docs", ".ci"];
const MADE_LATER = /^bench\/(results|\.cache|node_modules)/;

const textOf = (document: string) => readFileSync(join(ROOT, document), "utf8");
const FILES = new Set(
  FOLDERS.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*`).scanSync({ cwd: ROOT, dot: true })])
    .filter((file) => !file.includes("node_modules"))
    .map((file) => basename(file)),
);

function anchorsOf(document: string): string[] {
  const text = textOf(document).replace(/^```[\s\S]*?^```/gm, "");
  return Array.from(text.matchAll(/^#+ .*$/gm), ([heading]) => anchorOf(heading));
}

test.each(DOCUMENTS)("%s: links lead to a file, and to a heading in it", (document) => {
  const broken = Array.from(textOf(document).matchAll(/\]\(([^)]+)\)/g), ([, target]) => target!).filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [path, anchor] = target.split("#") as [string, string | undefined];
    const file = path === "" ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test.each(DOCUMENTS)("%s: paths in the tree exist", (document) => {
  const pattern = new RegExp(`(?<![\\w/.-])(?:${FOLDERS.join("|").replace(".", "\\.")})/[\\w./-]*\\w`, "g");
  const paths = Array.from(textOf(document).matchAll(pattern), ([path]) => path);
  expect(paths.filter((path) => !MADE_LATER.test(path) && !existsSync(join(ROOT, path)))).toEqual([]);
});

test.each(DOCUMENTS.filter((document) => !OWN_FILES.includes(document)))("%s: files exist", (document) => {
  const files = Array.from(textOf(document).matchAll(/(?<![*\w./-])[\w./-]+\.ts\b/g), ([file]) => basename(file));
  expect(files.filter((file) => !FILES.has(file))).toEqual([]);
});

test.each(DOCUMENTS)("%s: scripts of the package exist", (document) => {
  const scripts = Array.from(textOf(document).matchAll(/\b(?:npm|bun) run ([\w:]+)/g), ([, script]) => script!);
  expect(scripts.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
});

test("docs/ARCHITECTURE.md names every room", () => {
  const tree = /```\n(src[\s\S]*?)```/.exec(textOf("docs/ARCHITECTURE.md"))![1]!;
  const named = new Set(tree.split("\n").flatMap((line) => line.trim().split(/ {2,}/)));
  const rooms = ["src", "assembly", "bench"].flatMap((top) => {
    return [...new Bun.Glob(`${top}/*/**/*.ts`).scanSync(ROOT)].map((file) => dirname(file).slice(top.length + 1));
  });
  const missing = [...new Set(rooms)].filter((room) => {
    return !/node_modules|^experiments\/./.test(room) && !named.has(room) && !named.has(basename(room));
  });
  expect(missing).toEqual([]);
  expect(rooms.length).toBeGreaterThan(50);
});

test("what the documents on threads and disks name in code is in the code", () => {
  const sources = [...new Bun.Glob("{src,assembly}/**/*.ts").scanSync(ROOT)].map(textOf).join("\n");
  for (const document of ["docs/ARCHITECTURE.md", "docs/CONCURRENCY.md", "docs/DURABILITY.md"]) {
    const prose = textOf(document).replace(/^```[\s\S]*?^```/gm, "");
    const names = Array.from(prose.matchAll(/`([A-Za-z_]\w*)(?:\([^`]*\))?`/g), ([, name]) => name!);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
    expect(names.length).toBeGreaterThan(5);
  }
});
