/* Can other threads add to and search an open index, beside the one that opened it? */
import { describe, expect, test } from "bun:test";
import { openWith } from "../../src/api/open.ts";
import { attach, type VectorIndex } from "../../src/index.ts";
import { Helper } from "../support/helper.ts";
import { clustered, expectHolds, expectSound, keysOf, modelOf, opened, refusalOf } from "../support/indexes.ts";

const SEED = 404;
const DIMENSIONS = 16;
const SET = clustered(4000, DIMENSIONS, SEED);
const OPTIONS = { dimensions: DIMENSIONS, metric: "l2", workers: 1, flatBelow: 64 } as const;

describe("another thread", () => {
  test("adds and searches while this one does", async () => {
    await using parts = await opened({ ...OPTIONS, maxPending: 500 });
    const { index } = parts;
    await using helper = new Helper(index.attach());
    const [half, all] = [2000, 4000];
    const theirs = helper.run({
      ...{ kind: "add", space: "s", keys: keysOf(SET).slice(half) },
      vectors: SET.part(half, all).values.slice(),
    });
    const space = index.space("s");
    for (let i = 0; i < half; i++) {
      await space.add(i, SET.at(i));
      if (i % 50 === 0) expect((await space.search(SET.at(i), { k: 1 }))[0]!.key, `seed ${SEED}`).toBe(i);
    }
    expect(await theirs).toBe((all - half) / 50);
    await expectHolds(space, modelOf(SET), `seed ${SEED}`);
    const sample = SET.part(1900, 2100);
    const nearest = await helper.run({ kind: "search", space: "s", vectors: sample.values.slice() });
    expect(nearest).toEqual(keysOf(SET).slice(1900, 2100));
    await expectSound(index, `seed ${SEED}`);
  });

  test("sees what this one did the moment it was accepted, spaces dropped and made again too", async () => {
    await using parts = await opened(OPTIONS);
    const { index } = parts;
    await using helper = new Helper(index.attach());
    for (let round = 0; round < 20; round++) {
      await index.space("s").add(round, SET.at(0));
      expect(await helper.run({ kind: "search", space: "s", vectors: SET.part(0, 1).values.slice() })).toEqual([round]);
      await index.dropSpace("s");
      const gone = await helper.run({ kind: "search", space: "s", vectors: SET.part(0, 1).values.slice() });
      expect(gone).toEqual([undefined]);
    }
  });

  test("adds more than fits though the opening thread does nothing and there are no workers", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0, maxPending: 64 });
    await using helper = new Helper(parts.index.attach());
    const job = { kind: "add", space: "s", keys: keysOf(SET), vectors: SET.values.slice() } as const;
    expect(await helper.run(job)).toBe(SET.count / 50);
    await expectHolds(parts.index.space("s"), modelOf(SET), `seed ${SEED}`);
    await expectSound(parts.index, `seed ${SEED}`);
  });

  test("is refused once the index is closed", async () => {
    const parts = await opened(OPTIONS);
    await using helper = new Helper(parts.index.attach());
    const job = { kind: "search", space: "s", vectors: SET.part(0, 1).values.slice() } as const;
    expect(await helper.run(job)).toEqual([undefined]);
    await parts.index.close();
    await expect(helper.run(job)).rejects.toThrow("CLOSED");
  });
});

describe("handles", () => {
  /** Attaches on this thread until there is no seat left. */
  async function attachAll(index: VectorIndex): Promise<VectorIndex[]> {
    const handles: VectorIndex[] = [];
    for (;;) {
      try {
        handles.push(attach(index.attach()));
      } catch (error) {
        expect((error as { code?: string }).code).toBe("TOO_MANY_HANDLES");
        expect((error as Error).message).toMatch(/close handles that are no longer used/);
        return handles;
      }
    }
  }

  test("there are as many as seats, and a closed one's seat is used again", async () => {
    await using parts = await opened({ ...OPTIONS, partitions: 1 });
    const { index } = parts;
    await index.space("s").add("a", SET.at(0));
    const handles = await attachAll(index);
    expect(handles.length).toBe(128 - 1 - 1); // all but the opening thread's and the worker's
    for (const handle of handles) expect(await handle.space("s").has("a")).toBe(true);
    const used = index.stats().bytes.used;
    for (let round = 0; round < 3; round++) {
      await Promise.all(handles.splice(0, 60).map((handle) => handle.close()));
      handles.push(...(await attachAll(index)));
      expect(handles.length).toBe(126);
    }
    await handles.at(-1)!.space("s").add("b", SET.at(1));
    expect((await index.space("s").search(SET.at(1), { k: 1 }))[0]!.key).toBe("b");
    expect(index.stats().bytes.used).toBeLessThan(used + 2 ** 18); // seats keep their scratch
    await expectSound(index, `seed ${SEED}`);
  });

  test("a ticket is for one attach: later ones are BAD_OPTION", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const ticket = parts.index.attach();
    const first = attach(ticket);
    expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
    await first.close();
    expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
  });

  test("there are none where memory is not shared", async () => {
    const { index } = await openWith({ ...OPTIONS, workers: 0 }, { shared: false });
    expect((await refusalOf(() => index.attach())).code).toBe("UNSUPPORTED");
    await index.close();
  });

  test("closing one leaves the index and other handles open", async () => {
    await using parts = await opened(OPTIONS);
    const [one, two] = [attach(parts.index.attach()), attach(parts.index.attach())];
    await one.space("s").add("a", SET.at(0));
    await one.close();
    await one.close();
    expect(await two.space("s").has("a")).toBe(true);
    expect(await parts.index.space("s").has("a")).toBe(true);
    expect((await refusalOf(() => one.space("s"))).code).toBe("CLOSED");
  });

  test("a handle has the whole face: options, spaces, stats, flush, check, dropSpace, searchMany", async () => {
    await using parts = await opened(OPTIONS);
    const handle = attach(parts.index.attach());
    const space = handle.space("s");
    await space.addMany(keysOf(SET), SET.values);
    await handle.flush();
    expect(handle.options).toEqual(parts.index.options);
    expect(handle.spaces()).toEqual(["s"]);
    expect(handle.stats().spaces[0]).toMatchObject({ name: "s", live: SET.count, pending: 0, kind: "graph" });
    expect((await handle.check()).ok).toBe(true);
    const hits = await space.searchMany(SET.part(0, 20).values, { k: 1 });
    expect(hits.map((list) => list[0]!.key)).toEqual(keysOf(SET).slice(0, 20));
    expect(await handle.dropSpace("s")).toBe(true);
    expect(parts.index.spaces()).toEqual([]);
    await handle.close();
  });
});
