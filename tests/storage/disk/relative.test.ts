/* Does an index with a relative path stay in its folder when the process changes its working directory? */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openWith } from "../../../src/api/open.ts";
import { Folder } from "../../support/folder.ts";
import { evaluate } from "../../support/process.ts";

const INDEX = new URL("../../../src/index.ts", import.meta.url).href;
const OPTIONS = { dimensions: 3, workers: 0, partitions: 1 } as const;

/** Runs in a folder that holds `elsewhere/`; prints what goes wrong. */
const PROGRAM = `
  import { open } from "${INDEX}";
  const options = { ...${JSON.stringify(OPTIONS)}, path: "./index" };
  const index = await open(options);
  const refused = await open(options).catch((error) => error);
  if (refused.code !== "PATH_IN_USE" || !refused.message.includes(process.cwd() + "/index ")) console.log(refused);
  process.chdir("elsewhere");
  const space = index.space("s");
  await space.add(1, [1, 2, 3]);
  await index.checkpoint();
  await space.add(2, [2, 2, 3]);
  const copying = index.backup("copy"); // relative to the working directory of this moment
  process.chdir("/");
  await copying;
  await space.add(3, [3, 2, 3]);
  await index.close();
`;

test("ops, snapshots and backups go where they belong", async () => {
  using folder = new Folder();
  const elsewhere = join(folder.root, "elsewhere");
  mkdirSync(elsewhere);
  const { out, err, code } = await evaluate(PROGRAM, { cwd: folder.root });
  expect({ out, err, code }).toEqual({ out: "", err: "", code: 0 });
  expect(readdirSync(folder.root).sort()).toEqual(["elsewhere", "index"]);
  expect(readdirSync(elsewhere)).toEqual(["copy"]);
  for (const [path, size] of [
    [folder.path, 3],
    [join(elsewhere, "copy"), 2],
  ] as const) {
    const { index } = await openWith({ ...OPTIONS, path }, {});
    expect([path, index.space("s").size, index.recovery!.problems]).toEqual([path, size, []]);
    await index.close();
  }
});
