/* Do the packed package's classes of other packages work in Bun and Node, by import and by require? */
import { beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";
import { programs } from "./install.ts";
import { Project, packPackage } from "./package.ts";
import { testWith } from "./test-with.ts";

const PROGRAMS = {
  "hnswlib-node": `
    const index = new it.HierarchicalNSW("l2", 3);
    index.initIndex(3);
    index.addPoint([1, 2, 3], 7);
    index.writeIndexSync("index.dat");
    const again = new it.HierarchicalNSW("l2", 3);
    again.readIndexSync("index.dat");
    console.log(JSON.stringify(again.searchKnn([1, 2, 4], 1)));`,
  usearch: `
    const index = new it.Index(3, it.MetricKind.L2sq);
    index.add(7n, Float32Array.of(1, 2, 3));
    index.save("index.dat");
    const again = new it.Index(3);
    again.view("index.dat");
    const { keys, distances } = again.search(Float32Array.of(1, 2, 4), 1);
    console.log(keys.join(), distances.join());`,
};
const RESULTS = { "hnswlib-node": '{"distances":[1],"neighbors":[7]}\n', usearch: "7 1\n" };

let unpacked: string;
beforeAll(async () => {
  ({ unpacked } = await packPackage());
});

for (const [name, program] of Object.entries(PROGRAMS)) {
  describe(`hnsw-workers/${name}`, () => {
    for (const runtime of ["bun", "node"] as const) {
      for (const [file, line] of [
        ["program.mjs", `import it from "hnsw-workers/${name}";`],
        ["program.cjs", `const it = require("hnsw-workers/${name}");`],
      ] as const) {
        testWith(programs[runtime], `${file} in ${runtime}`, async (path) => {
          await using project = await Project.make(unpacked);
          await Bun.write(join(project.folder, file), `${line}\n${program}\n`);
          expect(await outputOf([path, file], { cwd: project.folder })).toBe(RESULTS[name as keyof typeof RESULTS]);
        });
      }
    }
  });
}
