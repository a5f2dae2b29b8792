/* What holds where nothing was chosen, and who decides: the user, the folder or export, or the runtime? */
import { describe, expect, test } from "bun:test";
import { completeSettings, type OpenOptions, readOptions } from "../../../src/options/open.ts";

const settingsOf = (options: OpenOptions, threads = true) => completeSettings(readOptions(options), threads);

describe("what is fixed when an index is created", () => {
  test("has defaults, but for the dimensions", () => {
    const { dimensions, metric, M, seed, partitions } = settingsOf({ dimensions: 3 });
    expect([dimensions, metric, M, seed, partitions]).toEqual([3, "cosine", 16, 1, 4]);
    expect(() => readOptions({} as OpenOptions)).toThrow("`dimensions` is required");
    expect(readOptions({ from: new Uint8Array() } as unknown as OpenOptions).shape.dimensions).toBeUndefined();
  });

  test("is what a folder or an export says, where that is known", () => {
    const request = readOptions({ dimensions: 3 });
    const known = { metric: "l2", M: 8, seed: 9 } as const;
    expect(completeSettings(request, true, known)).toMatchObject({ ...known, dimensions: 3, partitions: 4 });
  });
});

test("without `workers` there is at least one where there are threads, and none elsewhere", () => {
  expect(settingsOf({ dimensions: 3 }).workers).toBeGreaterThanOrEqual(1);
  expect(settingsOf({ dimensions: 3 }, false).workers).toBe(0);
  expect(settingsOf({ dimensions: 3, workers: 5 }).workers).toBe(5);
});

test("the memory limit is what the partitions can address, or what was given", () => {
  const each = settingsOf({ dimensions: 3, partitions: 1 }).memoryLimit;
  expect(settingsOf({ dimensions: 3, partitions: 3 }).memoryLimit).toBe(3 * each);
  expect(settingsOf({ dimensions: 3, memoryLimit: 2 ** 25 }).memoryLimit).toBe(2 ** 25);
  expect(() => readOptions({ dimensions: 3, partitions: 2, memoryLimit: 2 ** 20 })).toThrow("from 2097152 to");
});

test("the memory limit is checked again when a folder knows the number of partitions", () => {
  const request = readOptions({ dimensions: 3, path: "x", memoryLimit: 2 ** 22 });
  expect(completeSettings(request, true, { partitions: 4 }).memoryLimit).toBe(2 ** 22);
  expect(() => completeSettings(request, true, { partitions: 8 })).toThrow("from 8388608 to");
});

test("`from`, `core` and `path` exclude each other where they do not fit", () => {
  const from = new Uint8Array();
  const core = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(() => readOptions({ dimensions: 3, path: "x", from })).toThrow("`from` and `path` exclude each other");
  expect(() => readOptions({ dimensions: 3, path: "x", core })).toThrow("`core` and `path` exclude each other");
  expect(readOptions({ dimensions: 3, from, core })).toMatchObject({ from, core });
});

test("each field of a policy has a default of its own", () => {
  const { batching, stealing } = settingsOf({ dimensions: 3, batching: { min: 3 }, stealing: { enabled: false } });
  expect(batching).toMatchObject({ min: 3, max: 500 });
  expect(stealing).toMatchObject({ enabled: false, threshold: 250 });
});

test("settings can be posted to another thread", () => {
  const settings = settingsOf({ dimensions: 3, onIncident: () => {} });
  expect(structuredClone(settings)).toEqual(settings);
});
