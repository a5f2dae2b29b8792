/* Do bugs that were found once stay away? Each test failed before its cause was mended. */
import { describe, expect, test } from "bun:test";
import { attach, open } from "../../src/index.ts";
import { Helper } from "../support/helper.ts";
import { expectHolds, keysOf, type Model, opened, refusalOf, uniform, until } from "../support/indexes.ts";
import { loseWorkers } from "../support/lose-workers.ts";

const SEED = 7;
const SET = uniform(1000, 5, SEED);
const SMALL = { dimensions: 5, metric: "l2", flatBelow: 16, partitions: 1, maxPending: 64 } as const;
const keysAndRows = () => [keysOf(SET), Array.from({ length: SET.count }, (_, i) => Array.from(SET.at(i)))] as const;

/** Resolves to "too late" after what is ample for anything that does not hang. */
const tooLate = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, "too late"));

describe("addMany", () => {
  test("a row that grows while it goes in is INPUT_CHANGED and spoils nothing", async () => {
    await using parts = await opened({ ...SMALL, workers: 1 });
    const space = parts.index.space("s");
    const [keys, rows] = keysAndRows();
    const adding = space.addMany(keys, rows).catch((error) => error.code);
    while (space.size < 64) await new Promise((resolve) => setImmediate(resolve));
    for (const row of rows.slice(700)) row.push(1e6, 1e6, 1e6);
    expect(await adding).toBe("INPUT_CHANGED");
    expect((await space.search(SET.at(0), { k: 1 }))[0]).toEqual({ key: 0, distance: 0 });
  });
});

describe("waiting", () => {
  test("ops that wait for the same room time out together", async () => {
    await using parts = await opened({ ...SMALL, workers: 1, timeoutMs: 200, onIncident: () => {} });
    await loseWorkers(parts.pool!, parts.index);
    const space = parts.index.space("s");
    const calls = Array.from({ length: 64 + 40 }, (_, i) => space.add(i, SET.at(i)).catch((error) => error.code));
    const outcomes = await Promise.race([Promise.all(calls), tooLate(2000)]);
    expect(outcomes).toEqual([...Array(64).fill(undefined), ...Array(40).fill("TIMEOUT")]);
  });

  test("an attached thread's op that waits is CLOSED when the index closes", async () => {
    const parts = await opened({ ...SMALL, workers: 1, timeoutMs: 2000, onIncident: () => {} });
    await loseWorkers(parts.pool!, parts.index);
    await using helper = new Helper(parts.index.attach());
    const job = { kind: "add", space: "s", keys: keysOf(SET), vectors: SET.values } as const;
    const outcome = helper.run(job).catch((error) => error.message);
    while (parts.index.space("s").size < 64) await new Promise((resolve) => setImmediate(resolve));
    await parts.index.close();
    expect(await outcome).toBe("CLOSED");
  });
});

describe("refusals", () => {
  test("an option that cannot become a string is BAD_OPTION", async () => {
    const refusal = await refusalOf(() => open({ dimensions: 5, workers: 0, M: Object.create(null) }));
    expect(refusal.code).toBe("BAD_OPTION");
  });

  test("a ticket that only says that it is one is BAD_OPTION", async () => {
    const forged = { kind: "hnsw-workers-ticket" } as Parameters<typeof attach>[0];
    expect((await refusalOf(() => attach(forged))).code).toBe("BAD_OPTION");
  });

  test("a ticket that was used is BAD_OPTION", async () => {
    await using parts = await opened({ ...SMALL, workers: 0 });
    const ticket = parts.index.attach();
    const first = attach(ticket);
    expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
    await first.close();
    expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
  });

  test("check of a space that is not there, or no name, is BAD_SPACE", async () => {
    await using parts = await opened({ ...SMALL, workers: 0 });
    expect((await refusalOf(() => parts.index.check(5 as never))).code).toBe("BAD_SPACE");
  });
});

test("a worker that was lost keeps its count of restarts", async () => {
  await using parts = await opened({ ...SMALL, workers: 1, onIncident: () => {} });
  await loseWorkers(parts.pool!, parts.index);
  expect(parts.index.stats().workers[0]!.restarts).toBe(5);
});

describe("memory full", () => {
  const wide = uniform(20_000, 64, SEED);
  const options = { dimensions: 64, metric: "l2", partitions: 1, timeoutMs: 1000 } as const;

  async function fill(index: Awaited<ReturnType<typeof open>>): Promise<Model> {
    const model: Model = new Map();
    try {
      for (let i = 0; i < wide.count; i++) {
        await index.space("s").add(i, wide.at(i));
        model.set(i, wide.at(i));
      }
    } catch (error) {
      expect((error as { code?: string }).code).toBe("OUT_OF_MEMORY");
    }
    return model;
  }

  test("keys() needs no memory", async () => {
    await using parts = await opened({ ...options, workers: 0, flatBelow: 1_000_000, memoryLimit: 3 * 2 ** 20 });
    const model = await fill(parts.index);
    await expectHolds(parts.index.space("s"), model, `seed ${SEED}`);
  });

  for (const workers of [0, 1]) {
    test(`flush ends, and deletes make room, workers: ${workers}`, async () => {
      await using parts = await opened({ ...options, workers, flatBelow: 32, memoryLimit: 16 * 2 ** 20 });
      const { index } = parts;
      const space = index.space("s");
      const model = await fill(index);
      await index.flush();
      for (const key of [...model.keys()].slice(0, Math.floor(model.size * 0.9))) {
        await space.delete(key);
        model.delete(key);
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(await Promise.race([index.flush(), tooLate(5000)])).toBeUndefined();
      await expectHolds(space, model, `seed ${SEED}`);
      // The compaction that makes room runs behind the deletes.
      await until(
        () =>
          space.add("more", wide.at(0)).then(
            () => true,
            () => false,
          ),
        "there is room",
      );
    });
  }
});
