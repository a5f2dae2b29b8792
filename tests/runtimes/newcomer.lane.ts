/*
 * Does a newcomer come from an empty folder to an answer by what docs/INTEGRATIONS.md says, in under ten lines? With the
 * package as it is packed, and the frameworks from the registry; where that can't be reached, the tests are skipped.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocksOf, promisedBy } from "../examples/blocks.ts";
import { outputOf, run } from "../support/process.ts";
import { packPackage } from "./package.ts";

const PATIENCE_MS = 100_000;
const SECTIONS = ["langchain", "mastra", "langgraph"];
/** Its example shows more than an answer. */
const LONGER = ["langgraph"];
const blocks = blocksOf("docs/INTEGRATIONS.md");
const { tarball } = await packPackage();
const work = mkdtempSync(join(tmpdir(), "hnsw-workers-newcomer-"));
afterAll(() => rmSync(work, { recursive: true }));
mkdirSync(join(work, "bin"));
symlinkSync(process.execPath, join(work, "bin/bun"));
const env = { ...process.env, PATH: `${join(work, "bin")}:${process.env.PATH}` };

for (const section of SECTIONS) {
  const own = blocks.filter((block) => block.section === section);
  const code = own.find(({ language }) => language === "ts")!.code;
  const command = own.find(({ language }) => language === "sh")!.code.trim();

  if (!LONGER.includes(section)) {
    test(`${section}: under ten lines`, () => {
      const lines = code.split("\n").filter((line) => line !== "" && !line.startsWith("//"));
      expect(lines.length).toBeLessThan(10);
    });
  }

  const folder = join(work, section);
  mkdirSync(folder);
  expect(command).toStartWith("bun add hnsw-workers ");
  const start = performance.now();
  const line = command.replace(" hnsw-workers ", ` ${tarball} `);
  const install = await run(["bash", "-c", line], { cwd: folder, env, timeout: PATIENCE_MS });
  if (install.code !== 0) {
    const reason = `${command} failed: ${install.err.trim().split("\n").at(-1)}`;
    console.warn(`NOT TESTED: ${section} from an empty folder: ${reason}`);
    test.skip(`${section}: ${reason}`, () => {});
    continue;
  }
  const installedMs = performance.now() - start;

  test(`${section}: installs, runs and answers`, async () => {
    await Bun.write(join(folder, "faq.ts"), code);
    const before = performance.now();
    const out = await outputOf(["bash", "-c", "bun faq.ts"], { cwd: folder, env });
    expect(out.trimEnd().split("\n")).toEqual(promisedBy(code));
    const seconds = (installedMs + performance.now() - before) / 1000;
    console.info(`${section}: from an empty folder to an answer in ${seconds.toFixed(1)} s`);
  });
}
