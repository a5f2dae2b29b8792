/* Does an index travel: out as one stream, in again on any build, while others change it? */
import { describe, expect, test } from "bun:test";
import { G_GRAPH, MAX_SEATS, S_GENERATIONS } from "../../assembly/layout.ts";
import { openWith } from "../../src/api/open.ts";
import type { CoreChoice } from "../../src/api/start.ts";
import { type FoundSpace, spacesOf } from "../../src/core/spaces.ts";
import { open, type VectorIndex } from "../../src/index.ts";
import {
  clustered,
  expectHolds,
  expectSound,
  keysOf,
  modelOf,
  opened,
  recallOf,
  refusalOf,
  uniform,
} from "../support/indexes.ts";

const SEED = 1618;
const SHAPE = { dimensions: 12, metric: "l2", flatBelow: 100 } as const;
const SET = clustered(1500, 12, SEED);

async function made(choice: CoreChoice = {}, workers = 0) {
  const parts = await openWith({ ...SHAPE, workers, partitions: 2 }, choice);
  const { index } = parts;
  await index.space("graph").addMany(keysOf(SET), SET.values);
  await index.space("flat").addMany(keysOf(SET).slice(0, 50), SET.part(0, 50).values);
  await index.space("gone").add("x", SET.at(0));
  await index.dropSpace("gone");
  await index.flush();
  return { ...parts, [Symbol.asyncDispose]: () => index.close() };
}

const bytes = (async () => {
  await using parts = await made();
  return await parts.index.exportBytes();
})();

for (const from of [true, false]) {
  for (const to of [true, false]) {
    test(`from ${from ? "shared" : "unshared"} into ${to ? "shared" : "unshared"} memory, to the last bit`, async () => {
      await using parts = await made({ shared: from });
      const source = await parts.index.exportBytes();
      const again = await openWith({ ...SHAPE, workers: 0, partitions: 3, from: source }, { shared: to });
      expect(again.index.spaces().sort()).toEqual(["flat", "graph"]);
      await expectHolds(again.index.space("graph"), modelOf(SET), "graph");
      for (let q = 0; q < 40; q++) {
        for (const name of ["graph", "flat"]) {
          const wanted = await parts.index.space(name).search(SET.at(q));
          expect(await again.index.space(name).search(SET.at(q))).toEqual(wanted);
        }
      }
      // It goes on like any other.
      await again.index.space("graph").add("new", SET.at(3));
      expect(await again.index.space("graph").delete(3)).toBe(true);
      expect((await again.index.space("graph").search(SET.at(3), { k: 1 }))[0]!.key).toBe("new");
      await expectSound(again.index, "again");
      await again.index.close();
    });
  }
}

test("as bytes, buffer, blob, response and stream, in chunks of any size", async () => {
  const source = await bytes;
  const pieces = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < source.length; at += size) controller.enqueue(source.slice(at, at + size));
        controller.close();
      },
    });
  const forms = [source, source.slice().buffer, new Blob([source.slice()]), new Response(source.slice())];
  for (const from of [...forms, pieces(1 << 16), pieces(1000), pieces(7)]) {
    const index = await open({ ...SHAPE, workers: 0, from });
    expect(index.space("graph").size).toBe(1500);
    await index.close();
  }
});

for (const shared of [true, false]) {
  test(`a space for which memory is asked for at once, ${shared ? "shared" : "unshared"}`, async () => {
    const set = uniform(8000, 768, SEED); // 24 MB
    const shape = { dimensions: 768, metric: "l2", flatBelow: 100_000, partitions: 1, workers: 0 } as const;
    const index = await open(shape);
    await index.space("s").addMany(keysOf(set), set.values);
    const source = await index.exportBytes();
    await index.close();
    const again = (await openWith({ ...shape, from: source }, { shared })).index;
    await expectHolds(again.space("s"), modelOf(set), "opened");
    await again.space("t").addMany(keysOf(set), set.values);
    await expectHolds(again.space("t"), modelOf(set), "and it grows on");
    await again.close();
  });
}

test("many workers link into a graph that was opened, while it is searched and exported", async () => {
  const set = clustered(4000, 12, SEED + 2);
  const [first, second] = [set.part(0, 2000), set.part(2000, 4000)];
  const source = await open({ ...SHAPE, workers: 2 });
  await source.space("s").addMany(keysOf(first), first.values);
  await source.flush();
  const from = await source.exportBytes();
  await source.close();
  const index = await open({ ...SHAPE, workers: 8, partitions: 1, from });
  const space = index.space("s");
  const adding = async () => {
    for (let i = 0; i < second.count; i++) await space.add(2000 + i, second.at(i));
  };
  const searching = async () => {
    for (let i = 0; i < 500; i++) {
      const [nearest] = await space.search(set.at(i), { k: 1 });
      expect(nearest!.distance).toBe(0);
    }
  };
  const [exported] = await Promise.all([index.exportBytes(), adding(), searching()]);
  await index.flush();
  await expectHolds(space, modelOf(set), "linked into");
  await expectSound(index, "linked into");
  expect(await recallOf(space, "l2", modelOf(set), clustered(200, 12, SEED + 2))).toBeGreaterThan(0.97);
  await using again = await open({ ...SHAPE, workers: 2, from: exported });
  for (let i = 0; i < 2000; i += 100) expect(await again.space("s").get(i)).toEqual(set.at(i));
  await index.close();
});

test("some spaces only, and none", async () => {
  await using parts = await made();
  const some = await open({ ...SHAPE, workers: 0, from: await parts.index.exportBytes(["flat"]) });
  expect(some.spaces()).toEqual(["flat"]);
  await some.close();
  const none = await open({ ...SHAPE, workers: 0, from: await parts.index.exportBytes([]) });
  expect(none.spaces()).toEqual([]);
  await none.close();
});

test("while workers link and a space is dropped in the middle", async () => {
  const { index } = await openWith({ ...SHAPE, workers: 2, partitions: 2 }, {});
  const large = uniform(8000, 12, SEED);
  for (const name of ["a", "b", "c"]) await index.space(name).addMany(keysOf(large), large.values);
  const stream = index.export();
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    if (chunks.length === 2) for (const name of ["a", "b", "c"]) await index.dropSpace(name);
  }
  const again = await open({ ...SHAPE, workers: 0, from: new Blob(chunks) });
  for (const name of again.spaces()) await expectHolds(again.space(name), modelOf(large), name);
  await expectSound(again, `seed ${SEED}`);
  await again.close();
  await index.close();
}, 120_000);

/** Reads an export to its end, after `then` has happened between its first chunk and the rest. */
async function interrupted(index: VectorIndex, then: () => Promise<void>): Promise<Blob> {
  const reader = index.export().getReader();
  const chunks = [(await reader.read()).value!];
  await then();
  for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value);
  return new Blob(chunks);
}

describe("a header goes from one space to another in the middle:", () => {
  // Found from the newest to the oldest: c is in the first chunk, with the beginning of b, which takes many.
  async function threeSpaces() {
    const parts = await opened({ ...SHAPE, workers: 0, partitions: 1 });
    const { index } = parts;
    const large = uniform(20_000, 12, SEED);
    await index.space("a").add("old", SET.at(0));
    await index.space("b").addMany(keysOf(large), large.values);
    await index.space("c").add("old", SET.at(0));
    return parts;
  }

  test("a space that was sent already takes that of one to come, and is there once", async () => {
    await using parts = await threeSpaces();
    const { index } = parts;
    const from = await interrupted(index, async () => {
      await index.dropSpace("c");
      await index.dropSpace("a");
      await index.space("c").add("new", SET.at(1));
    });
    await using copy = await open({ ...SHAPE, workers: 0, from });
    expect(copy.spaces().sort()).toEqual(["b", "c"]);
    expect(await copy.space("c").keys()).toEqual(["old"]);
    await expectSound(copy, `seed ${SEED}`);
  });

  test("a space to come takes that of one that was sent, and is not missed", async () => {
    await using parts = await threeSpaces();
    const { index } = parts;
    const from = await interrupted(index, async () => {
      await index.dropSpace("a");
      await index.dropSpace("c");
      await index.space("a").add("new", SET.at(1));
    });
    await using copy = await open({ ...SHAPE, workers: 0, from });
    expect(copy.spaces().sort()).toEqual(["a", "b", "c"]);
    expect(await copy.space("a").keys()).toEqual(["new"]);
  });
});

test("a trap in the middle is repaired, and ends the stream with INTERNAL", async () => {
  await using parts = await opened({ ...SHAPE, workers: 0, partitions: 1 });
  const { index, seats } = parts;
  const large = uniform(5000, 12, SEED);
  await index.space("s").addMany(keysOf(large), large.values);
  await index.flush();
  const reader = index.export().getReader();
  await reader.read();
  const words = new Uint32Array(seats[0]!.memory.buffer);
  const [{ address }] = spacesOf(seats[0]!) as [FoundSpace];
  const generation = words[(address + S_GENERATIONS) >> 2]!;
  const graph = words[(generation + G_GRAPH) >> 2]!;
  words[(generation + G_GRAPH) >> 2] = 0xffff_0000; // behind the memory's end
  const refusal = await refusalOf(() => reader.read());
  expect([refusal.code, refusal.cause]).toEqual(["INTERNAL", expect.any(WebAssembly.RuntimeError)]);
  words[(generation + G_GRAPH) >> 2] = graph;
  await expectSound(index, `seed ${SEED}`); // no lock is held
  await using copy = await open({ ...SHAPE, workers: 0, from: await index.exportBytes() });
  await expectHolds(copy.space("s"), modelOf(large), `seed ${SEED}`);
});

test("an export that is not read takes no seat", async () => {
  await using parts = await made();
  const exports = Array.from({ length: MAX_SEATS }, () => parts.index.export());
  await new Promise((resolve) => setTimeout(resolve, 0)); // each has had its chance to begin
  const copy = await open({ ...SHAPE, workers: 0, from: exports.pop()! });
  expect(copy.spaces().sort()).toEqual(["flat", "graph"]);
  await copy.close();
  for (const stream of exports) await stream.cancel();
  expect((await parts.index.exportBytes()).length).toBeGreaterThan(1000);
});

test("a reader that leaves early gives the seat back", async () => {
  await using parts = await made();
  for (let i = 0; i < 200; i++) {
    const reader = parts.index.export().getReader();
    await reader.read();
    await reader.cancel();
  }
});

test("a list of spaces that is no array is refused", async () => {
  await using parts = await made();
  for (const wrong of ["graph", new Set(["graph"]), null, {}] as unknown as string[][]) {
    for (const call of [() => parts.index.export(wrong), () => parts.index.exportBytes(wrong)]) {
      expect((await refusalOf(call)).code).toBe("BAD_OPTION");
    }
  }
});
