/* Does the index do the same on every runtime, to the last bit, and does an export travel between any two of them? */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openWith } from "../../src/api/open.ts";
import { openSearch } from "../../src/search.ts";
import { run } from "../support/process.ts";
import { built, run as conform, digestOf, type Kit, type Result } from "./conformance.js";
import { buildPackage, Project } from "./package.ts";
import { filters, runtimes } from "./runtimes.ts";
import { testWith } from "./test-with.ts";

if (filters !== undefined) setDefaultTimeout(3_600_000); // of the long form

/** From source, in this process: the threaded build and the one for memory that is not shared. */
const HERE: Record<string, Kit> = {
  "Bun from source, shared": { open: opener(true), openSearch, workers: 0, partitions: 2 },
  "Bun from source, unshared": { open: opener(false), openSearch, workers: 0, partitions: 2 },
};

function opener(shared: boolean): Kit["open"] {
  return async (options) => (await openWith(options, { shared })).index;
}

/** What two workers have built in shared memory, and a digest of what it finds. */
let arriving: Uint8Array;
let digest: string;
const fingerprints = new Map<string, string>();

beforeAll(async () => {
  await buildPackage();
  const index = await built({ open: opener(true), workers: 2, partitions: 2 });
  digest = await digestOf(index);
  arriving = await index.exportBytes();
  await index.close();
});

async function expectConforms(name: string, workers: number, results: Result[]): Promise<void> {
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  const valueIn = (wanted: string) => results.find((result) => result.name === wanted)!.value!;
  expect(valueIn("arrives")).toBe(digest);
  expect(valueIn("arrives, to be searched only")).toBe(digest);
  if (workers < 2) fingerprints.set(name, valueIn("fingerprint"));
  // And the other way round.
  const [departing, hex] = valueIn("departs").split(" ");
  for (const shared of [true, false]) {
    const index = await opener(shared)({ dimensions: 10, workers: 0, from: Buffer.from(hex!, "hex") });
    expect(await digestOf(index)).toBe(departing!);
    await index.close();
  }
}

for (const [name, kit] of Object.entries(HERE)) {
  test(name, async () => expectConforms(name, 0, await conform({ ...kit, filters, arriving })));
}

describe("in", () => {
  for (const { name, program, workers, conform } of runtimes) {
    testWith(program, name, async (path) => expectConforms(name, workers, await conform(path, arriving)));
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
      await using project = await Project.make();
      await Bun.write(`${project.folder}/counting.mjs`, counting);
      const ended = await run([program, "counting.mjs"], { cwd: project.folder });
      expect(ended).toEqual({ code: 0, out: "true\n", err: "" });
    });
  }
});

test("with up to one worker the same vectors in the same order give the same hits, to the last bit", () => {
  expect(fingerprints.size).toBeGreaterThan(2);
  const [first] = fingerprints.values();
  expect([...fingerprints].filter(([, fingerprint]) => fingerprint !== first)).toEqual([]);
});
