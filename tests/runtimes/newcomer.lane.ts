/*
 * Does a newcomer come from an empty folder to an answer by what docs/INTEGRATIONS.md says, in under ten lines? With the
 * package as it is packed, and the frameworks from the registry; where that can't be reached, the tests are skipped.
 */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocksOf, promisedBy } from "../examples/blocks.ts";
import { outputOf, run } from "../support/process.ts";
import { packPackage } from "./package.ts";

const PATIENCE_MS = 100_000;
const SECTIONS = ["langchain", "mastra"];
const blocks = blocksOf("docs/INTEGRATIONS.md");

for (const section of SECTIONS) {
  const own = blocks.filter((block) => block.section === section);
  const code = own.find(({ language }) => language === "ts")!.code;
  const command = own.find(({ language }) => language === "sh")!.code;

  test(`${section}: under ten lines`, () => {
    const lines = code.split("\n").filter((line) => line !== "" && !line.startsWith("//"));
    expect(lines.length).toBeLessThan(10);
  });

  test(`${section}: installs, runs and answers`, async () => {
    const { tarball } = await packPackage();
    const folder = await mkdtemp(join(tmpdir(), "hnsw-workers-newcomer-"));
    try {
      const [, ...packages] = /^bun add (hnsw-workers) (.*)$/m.exec(command)!;
      const names = [tarball, ...packages[1]!.split(" ")];
      const start = performance.now();
      // No scripts: none of these packages needs one.
      const install = [process.execPath, "add", "--ignore-scripts", ...names];
      const { code: failed, err } = await run(install, { cwd: folder, timeout: PATIENCE_MS });
      if (failed !== 0) {
        console.warn(`not tested: ${section} from an empty folder: ${err.trim().split("\n").at(-1)}`);
        return;
      }
      await Bun.write(join(folder, "faq.ts"), code);
      const out = await outputOf([process.execPath, "faq.ts"], { cwd: folder });
      expect(out.trimEnd().split("\n")).toEqual(promisedBy(code));
      console.info(
        `${section}: from an empty folder to an answer in ${((performance.now() - start) / 1000).toFixed(1)} s`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
