/* Does the code of the documents run as it is written, and print what it says? */
import { afterAll, describe, expect, test } from "bun:test";
import { type Block, promisedBy } from "./blocks.ts";
import { Project } from "./project.ts";

for (const document of ["README.md", "docs/RECIPES.md", "docs/RECALL.md", "docs/INTEGRATIONS.md"]) {
  describe(document, () => {
    const project = new Project(document);
    afterAll(() => project[Symbol.dispose]());

    for (const block of project.blocks) {
      if (block.file !== undefined) continue;
      const name = `line ${block.line}, in ${block.section}`;
      const { "not run": reason } = block;
      if (reason !== undefined) test.skip(`${name}: ${reason}`, () => {});
      else test(name, () => runs(project, block));
    }

    test("its TypeScript is typed as it says", async () => {
      expect(await project.typeErrors()).toBe("");
    });
  });
}

async function runs(project: Project, block: Block): Promise<void> {
  const { code, out, err } = await project.run(block);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  const promised = promisedBy(block.code);
  if (promised.length > 0) expect(out.trimEnd().split("\n")).toEqual(promised);
}
