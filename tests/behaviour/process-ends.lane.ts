/* Does a process end by itself, with code 0, when its index is closed, and when it forgets to? */
import { expect, test } from "bun:test";
import { Folder } from "../support/folder.ts";
import { evaluate } from "../support/process.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

const ADD = `
  const index = await open({ dimensions: 8, workers: WORKERS, flatBelow: 16 });
  const space = index.space("s");
  const vectors = Float32Array.from({ length: 8 * 500 }, (_, i) => Math.sin(i));
  await space.addMany(Array.from({ length: 500 }, (_, i) => i), vectors);
`;

const KEPT = `
  const index = await open({ dimensions: 3, workers: WORKERS, path: "PATH/index" });
  await index.space("s").add("key", [1, 2, 3]);
`;

const PROGRAMS: Record<string, string> = {
  "adds and closes": `${ADD} await index.close();`,
  "flushes, searches and closes": `${ADD} await index.flush(); await space.searchMany(vectors); await index.close();`,
  "closes twice at once": `${ADD} await Promise.all([index.close(), index.close()]);`,
  "does not wait for close": `${ADD} void index.close();`,
  "forgets to close": ADD,
  "forgets to close after a flush": `${ADD} await index.flush();`,
  "closes by await using": `await using other = await open({ dimensions: 3, workers: WORKERS }); ${ADD}; await index.close();`,
  "opens and does nothing": `await open({ dimensions: 3, workers: WORKERS });`,
  "forgets to close what is kept": KEPT,
  "forgets to close after a checkpoint": `${KEPT} await index.checkpoint();`,
  "forgets to close after two checkpoints at once": `${KEPT} await Promise.all([index.checkpoint(), index.checkpoint()]);`,
  "forgets to close after a backup": `${KEPT} await index.backup("PATH/copy");`,
  "forgets to close after a refused backup": `${KEPT} await index.backup("PATH").catch(() => {});`,
  "closes after a checkpoint": `${KEPT} await index.checkpoint(); await index.close();`,
  "throws with an index open": `${ADD} process.on("uncaughtException", () => {}); setTimeout(() => { throw new Error(); });`,
};

for (const workers of [0, 2]) {
  for (const [what, program] of Object.entries(PROGRAMS)) {
    test(`one that ${what}, workers: ${workers}`, async () => {
      using folder = new Folder();
      const given = program.replaceAll("WORKERS", `${workers}`).replaceAll("PATH", folder.root);
      const source = `import { open } from "${INDEX}"; ${given} console.log("done");`;
      const ended = await evaluate(source, { timeout: 20_000, killSignal: "SIGKILL" });
      expect(ended).toEqual({ out: "done\n", err: "", code: 0 }); // killed for lateness: 137
    }, 30_000);
  }
}
