/* Does the index do the same on every runtime, to the last bit, and does an export travel between any two of them? */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openWith } from "../../src/api/open.ts";
import { openSearch } from "../../src/search.ts";
import { answersOf, built, type Kit, type Result, run } from "./conformance.js";
import { packageFolder, runtimes } from "./runtimes.ts";

setDefaultTimeout(120_000); // the machine may be busy

const ROOT = join(import.meta.dir, "../..");
/** From source, in this process: the threaded build and the one for memory that is not shared. */
const HERE: Record<string, Kit> = {
  "Bun from source, shared": { open: opener(true), openSearch, workers: 0, partitions: 2 },
  "Bun from source, unshared": { open: opener(false), openSearch, workers: 0, partitions: 2 },
};

function opener(shared: boolean): Kit["open"] {
  return async (options) => (await openWith(options, { shared })).index;
}

/** What two workers have built in shared memory, and what it answers. */
let arriving: Uint8Array;
let answers: string;
const fingerprints = new Map<string, string>();

beforeAll(async () => {
  const build = Bun.spawn([process.execPath, ".ci/build.ts"], { cwd: ROOT, stdout: "inherit", stderr: "inherit" });
  expect(await build.exited).toBe(0);
  const index = await built({ open: opener(true), workers: 2, partitions: 2 });
  answers = await answersOf(index);
  arriving = await index.exportBytes();
  await index.close();
});

async function expectConforms(name: string, workers: number, results: Result[]): Promise<void> {
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  const valueIn = (wanted: string) => results.find((result) => result.name === wanted)!.value!;
  expect(valueIn("arrives")).toBe(answers);
  expect(valueIn("arrives, to be searched only")).toBe(answers);
  if (workers < 2) fingerprints.set(name, valueIn("fingerprint"));
  // And the other way round.
  const [departing, hex] = valueIn("departs").split(" ");
  for (const shared of [true, false]) {
    const index = await opener(shared)({ dimensions: 10, workers: 0, from: Buffer.from(hex!, "hex") });
    expect(await answersOf(index)).toBe(departing!);
    await index.close();
  }
}

for (const [name, kit] of Object.entries(HERE)) {
  test(name, async () => expectConforms(name, 0, await run({ ...kit, arriving })));
}

describe("in", () => {
  for (const { name, program, workers, run } of runtimes) {
    if ("missing" in program) {
      console.warn(`not tested in ${name}: ${program.missing}`);
      test.skip(`${name}: ${program.missing}`, () => {});
    } else test(name, async () => expectConforms(name, workers, await run(program.path, arriving)));
  }
});

describe("without `workers` there is one for every core in", () => {
  const counting = `
    import { availableParallelism } from "node:os";
    import { open } from "hnsw-workers";
    const index = await open({ dimensions: 2 });
    console.log(index.stats().workers.length === Math.min(64, availableParallelism()));
    await index.close();
  `;
  for (const program of [process.execPath, "node"]) {
    test(program.split("/").at(-1)!, async () => {
      const folder = await packageFolder();
      await Bun.write(join(folder, "counting.mjs"), counting);
      const job = Bun.spawn([program, "counting.mjs"], { cwd: folder, stdout: "pipe", stderr: "pipe" });
      const [out, errors] = await Promise.all([job.stdout.text(), job.stderr.text()]);
      await rm(folder, { recursive: true });
      expect(errors).toBe("");
      expect(out).toBe("true\n");
    });
  }
});

test("with up to one worker the same vectors in the same order give the same answers, to the last bit", () => {
  expect(fingerprints.size).toBeGreaterThan(2);
  const [first] = fingerprints.values();
  expect([...fingerprints].filter(([, fingerprint]) => fingerprint !== first)).toEqual([]);
});
