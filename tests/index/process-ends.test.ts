/* Does a process end by itself, with code 0, when its index is closed, and when it forgets to? */
import { expect, test } from "bun:test";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

const ADD = `
  const index = await open({ dimensions: 8, workers: WORKERS, flatBelow: 16 });
  const space = index.space("s");
  const vectors = Float32Array.from({ length: 8 * 500 }, (_, i) => Math.sin(i));
  await space.addMany(Array.from({ length: 500 }, (_, i) => i), vectors);
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
  "throws with an index open": `${ADD} process.on("uncaughtException", () => {}); setTimeout(() => { throw new Error(); });`,
};

for (const workers of [0, 2]) {
  for (const [what, program] of Object.entries(PROGRAMS)) {
    test(`one that ${what}, workers: ${workers}`, async () => {
      const source = `import { open } from "${INDEX}"; ${program.replaceAll("WORKERS", `${workers}`)} console.log("done");`;
      const child = Bun.spawn([process.execPath, "--eval", source], {
        ...{ stdout: "pipe", stderr: "pipe", timeout: 20_000, killSignal: "SIGKILL" },
      });
      const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      expect({ out, err, code, signal: child.signalCode }).toEqual({ out: "done\n", err: "", code: 0, signal: null });
    }, 30_000);
  }
}
