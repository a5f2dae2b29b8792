/* Does an index run on the core that it was given, with workers if that core is for memory that threads share? */
import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { open } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { refusalOf } from "../support/indexes.ts";

const compiled = async (name: string) =>
  WebAssembly.compile(await Bun.file(join(import.meta.dir, `../../build/core.release.${name}.wasm`)).bytes());
const shared = await compiled("baseline");
const unshared = await compiled("baseline.unshared");

for (const [name, core, workers] of [
  ["for shared memory: as many workers as cores", shared, Math.min(64, availableParallelism())],
  ["for memory that is not shared: one thread", unshared, 0],
] as const) {
  test(name, async () => {
    await using index = await open({ dimensions: 2, core, flatBelow: 0 });
    expect(index.options.workers).toBe(workers);
    await index.space("s").addMany(["east", "north"], [Float32Array.of(1, 0), Float32Array.of(0, 1)]);
    await index.flush();
    expect((await index.space("s").search([0.9, 0.1], { k: 1 }))[0]!.key).toBe("east");
  });
}

test("workers are refused where their memory could not be shared", async () => {
  const { code, message } = await refusalOf(() => open({ dimensions: 2, core: unshared, workers: 1 }));
  expect([code, message]).toEqual([
    "UNSUPPORTED",
    expect.stringContaining("with a `core` for memory that is not shared"),
  ]);
});

test("a core for shared memory is refused where there is none, by name", async () => {
  await using index = await open({ dimensions: 2, workers: 0 });
  const from = await index.exportBytes();
  const { code, message } = await refusalOf(() => openSearch({ from, core: shared }));
  expect([code, message]).toEqual(["UNSUPPORTED", expect.stringContaining("`hnsw-workers/core.wasm` for other")]);
});
