/* `bun --hot` runs a program again in the same process: does it get its index again, and do no threads pile up? */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../support/folder.ts";
import { until } from "../support/indexes.ts";

setDefaultTimeout(60_000); // processes start slowly on a busy machine

const INDEX = new URL("../../src/index.ts", import.meta.url).pathname;
const RELOADS = 4;

/**
 * A server as people write one: it opens its index, and never closes it. One change of the file may be noticed twice: the
 * first of two runs loses its index to the second, and says nothing.
 */
function program(version: number, opening: string): string {
  return `
    import { open } from ${JSON.stringify(INDEX)};
    globalThis.alive ??= setInterval(Bun.gc, 100, true); // a function of the module would keep all that it knows
    const run = (globalThis.alive.run = (globalThis.alive.run ?? -1) + 1);
    const print = (found) => run === globalThis.alive.run && console.log(JSON.stringify({ version: ${version}, ...found }));
    try {
      const VERSION = ${version};
      ${opening}
      const space = index.space("s");
      await space.add("version ${version}", [1, 2, ${version}]);
      print({ keys: await space.keys() });
    } catch (error) {
      print({ keys: [], failed: String(error) });
    }
  `;
}

interface Run {
  version: number;
  keys: string[];
  failed?: string;
  threads: number;
}

/**
 * Runs the program, and again each time that its file was changed. Resolves to what it printed and how many threads it had
 * then, once they are few enough: about as many as after one reload, or two.
 */
async function reloaded(opening: string): Promise<Run[]> {
  using folder = new Folder();
  const file = join(folder.root, "server.ts");
  writeFileSync(file, program(0, opening));
  const job = Bun.spawn([process.execPath, "--hot", "--no-clear-screen", file], { stdout: "pipe", stderr: "ignore" });
  const runs: Run[] = [];
  const threads = () => readdirSync(`/proc/${job.pid}/task`).length;
  try {
    let rest = "";
    for await (const text of job.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines.filter((each) => each.startsWith("{"))) {
        const run = { ...JSON.parse(line), threads: threads() };
        if (run.version !== runs.length) continue; // one change of the file may be noticed twice
        runs.push(run);
        if (runs.length > RELOADS) {
          // Some may have had not yet all of their threads; of three that piled up a reload, there would be six more.
          const usual = Math.max(...runs.slice(1, 3).map((run) => run.threads));
          await until(() => threads() <= usual + 3, "threads do not pile up");
          return runs;
        }
        writeFileSync(file, program(runs.length, opening));
      }
    }
    return runs;
  } finally {
    job.kill("SIGKILL");
    await job.exited;
  }
}

const versionsTo = (last: number) => Array.from({ length: last + 1 }, (_, version) => `version ${version}`);

describe.skipIf(process.platform !== "linux")("a program that is run again", () => {
  test("has what it had, with a path", async () => {
    using folder = new Folder();
    const options = { dimensions: 3, workers: 1, path: folder.path };
    const runs = await reloaded(`const index = await open(${JSON.stringify(options)});`);
    expect(runs.map(({ keys, failed }) => failed ?? keys)).toEqual(runs.map((_, i) => versionsTo(i)));
    expect(runs).toHaveLength(RELOADS + 1);
  });

  test("has no more threads than before, without one", async () => {
    const runs = await reloaded("const index = await open({ dimensions: 3, workers: 4 });");
    expect(runs.map(({ keys, failed }) => failed ?? keys)).toEqual(runs.map((_, i) => [`version ${i}`]));
  });

  test.each([
    ["a property of globalThis", "globalThis.kept ??= await open(OPTIONS)"],
    ["a promise there", "await (globalThis.kept ??= open(OPTIONS))"],
    ["in a map there", "(globalThis.kept ??= new Map([['tenant', await open(OPTIONS)]])).get('tenant')"],
  ])("has what is %s, whatever else it opens", async (_, kept) => {
    using folder = new Folder();
    const runs = await reloaded(`
      const OPTIONS = { dimensions: 3, workers: 1 };
      const index = ${kept};
      await open(OPTIONS);
      await open({ ...OPTIONS, path: ${JSON.stringify(folder.path)} });
    `);
    expect(runs.map(({ keys, failed }) => failed ?? keys)).toEqual(runs.map((_, i) => versionsTo(i)));
  });

  test("has all its folders, though it opens them at once", async () => {
    using folder = new Folder();
    const runs = await reloaded(`
      const paths = ["a", "b", "c"].map((name) => ${JSON.stringify(folder.path)} + name);
      const [, , index] = await Promise.all(paths.map((path) => open({ dimensions: 3, workers: 1, path })));
    `);
    expect(runs.map(({ keys, failed }) => failed ?? keys)).toEqual(runs.map((_, i) => versionsTo(i)));
  });

  test("is refused a folder that it has open itself", async () => {
    using folder = new Folder();
    const runs = await reloaded(`
      const options = { dimensions: 3, workers: 1, path: ${JSON.stringify(folder.path)} };
      const index = await open(options);
      const { code } = await open(options).catch((error) => error);
      if (code !== "PATH_IN_USE") throw new Error(code);
    `);
    expect(runs.map(({ keys, failed }) => failed ?? keys)).toEqual(runs.map((_, i) => versionsTo(i)));
  });

  test("has its folder though it was run again before it was open", async () => {
    using folder = new Folder();
    const options = { dimensions: 3, workers: 1, path: folder.path };
    // The first has it open; each of those that follow asks for it while the one before it still does.
    const runs = await reloaded(`
      const opening = open(${JSON.stringify(options)});
      // A run that another one follows at once may be refused: it has lost the folder.
      opening.catch((error) => run === globalThis.alive.run && (globalThis.alive.failed = error));
      const nothing = { space: () => ({ add: async () => {}, keys: () => [] }) };
      const index = VERSION === 0 || VERSION === ${RELOADS} ? await opening : nothing;
      if (globalThis.alive.failed) throw globalThis.alive.failed;
    `);
    expect(runs.map(({ failed }) => failed ?? "none")).toEqual(runs.map(() => "none"));
    expect(runs.at(-1)!.keys).toEqual(["version 0", `version ${RELOADS}`]);
  });
});
