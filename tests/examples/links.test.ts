/* Does every file, folder and heading that a document names exist? */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { anchorOf, ROOT } from "./blocks.ts";

const DOCUMENTS = ["README.md", "CONTRIBUTING.md", ...new Bun.Glob("docs/*.md").scanSync(ROOT)];
/** Their code is a reader's project, with files of its own. */
const OWN_FILES = ["README.md", "docs/RECIPES.md"];
const FOLDERS = ["src", "assembly", "tests", "bench", "examples", "docs", "\\.ci"];
const MADE_LATER = /^bench\/(results|\.cache)/;

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
  const pattern = new RegExp(`(?<![\\w/.-])(?:${FOLDERS.join("|")})/[\\w./-]*\\w`, "g");
  const paths = Array.from(textOf(document).matchAll(pattern), ([path]) => path);
  expect(paths.filter((path) => !MADE_LATER.test(path) && !existsSync(join(ROOT, path)))).toEqual([]);
});

test.each(DOCUMENTS.filter((document) => !OWN_FILES.includes(document)))("%s: files exist", (document) => {
  const files = Array.from(textOf(document).matchAll(/[\w./-]+\.ts\b/g), ([file]) => basename(file));
  expect(files.filter((file) => !FILES.has(file))).toEqual([]);
});
