/* What a caller gives to a call, and changes afterwards or while it is read: which of it counts? */
import { describe, expect, test } from "bun:test";
import { HnswError, type Key, type OpenOptions, type Space } from "../../src/index.ts";
import { expectHolds, type Model, opened, refusalOf, uniform } from "../support/indexes.ts";

const SEED = 81;
const DIMENSIONS = 4;
const SET = uniform(2000, DIMENSIONS, SEED);
const OPTIONS = { dimensions: DIMENSIONS, metric: "l2", flatBelow: 16, partitions: 1, maxPending: 64 } as const;
const ALL = Array.from({ length: SET.count }, (_, i) => i);

/** Adds without waiting until the handle's line is busy: what is called next is looked at in a later turn. */
function busy(space: Space, model: Model): Promise<unknown> {
  const adds = Array.from({ length: 200 }, (_, i) => {
    model.set(`busy ${i}`, SET.at(i));
    return space.add(`busy ${i}`, SET.at(i));
  });
  return Promise.all(adds);
}

async function whileBusy(options: Partial<OpenOptions>, work: (space: Space, model: Model) => Promise<unknown>) {
  await using parts = await opened({ ...OPTIONS, ...options });
  const space = parts.index.space("s");
  const model: Model = new Map();
  const before = busy(space, model);
  await work(space, model);
  await before;
  await expectHolds(space, model, `seed ${SEED}`);
}

/** Fails unless every key of the set that is in holds its own row, and nothing else is in beside `model`. */
async function expectOwnRows(space: Space, model: Model): Promise<number> {
  let found = 0;
  for (const key of ALL) {
    const vector = await space.get(key);
    if (vector === undefined) continue;
    found++;
    expect(vector, `key ${key}`).toEqual(SET.at(key));
  }
  expect(space.size).toBe(model.size + found);
  return found;
}

for (const workers of [0, 1]) {
  describe(`with workers: ${workers}`, () => {
    test("an array that is refilled for the next add: each add stores what it held at its call", async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      const model: Model = new Map();
      const vector = new Float32Array(DIMENSIONS);
      const adds = ALL.map((key) => {
        vector.set(SET.at(key));
        model.set(key, SET.at(key));
        return space.add(key, vector);
      });
      vector.fill(Number.NaN);
      await Promise.all(adds);
      await expectHolds(space, model, `seed ${SEED}`);
    });

    test("a plain array that becomes another length after the call", async () => {
      await whileBusy({ workers }, (space, model) => {
        const vector = Array.from(SET.at(300));
        const adding = space.add("late", vector);
        vector.length = 0;
        model.set("late", SET.at(300));
        return adding;
      });
    });

    test("a buffer that is transferred after the call", async () => {
      await whileBusy({ workers }, (space, model) => {
        const vector = SET.at(300).slice();
        const adding = space.add("late", vector);
        structuredClone(vector.buffer, { transfer: [vector.buffer] });
        model.set("late", SET.at(300));
        return adding;
      });
    });

    test("deleteMany deletes the keys that it was given", async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      await space.addMany(ALL.slice(0, 100), SET.part(0, 100).values);
      await parts.index.flush();
      const model: Model = new Map(ALL.slice(10, 100).map((key) => [key, SET.at(key)]));
      const before = busy(space, model);
      const keys: Key[] = ALL.slice(0, 10);
      const deleting = space.deleteMany(keys);
      keys.fill(50);
      expect(await deleting).toBe(10);
      await before;
      await expectHolds(space, model, `seed ${SEED}`);
    });

    test("addMany adds under the keys that it was given", async () => {
      await whileBusy({ workers }, async (space, model) => {
        const keys: Key[] = ALL.slice();
        const adding = space.addMany(keys, SET.values);
        keys.length = 0;
        await adding;
        for (const key of ALL) model.set(key, SET.at(key));
      });
    });

    test("addMany: keys that become others on the way", async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      const keys: Key[] = ALL.slice();
      const adding = space.addMany(keys, SET.values);
      keys.fill("other");
      await adding;
      await expectHolds(space, new Map(ALL.map((key) => [key, SET.at(key)])), `seed ${SEED}`);
    });
  });
}

describe("addMany, whose vectors change shape before it settles, is INPUT_CHANGED and says how many are in:", () => {
  const changes: Record<string, () => { given: Float32Array | number[][]; change: () => void }> = {
    "a resizable buffer shrinks": () => {
      const buffer = new ArrayBuffer(SET.values.byteLength, { maxByteLength: SET.values.byteLength });
      const given = new Float32Array(buffer);
      given.set(SET.values);
      return { given, change: () => buffer.resize(DIMENSIONS * 4 * 3) };
    },
    "a buffer is transferred": () => {
      const given = SET.values.slice();
      return { given, change: () => void structuredClone(given.buffer, { transfer: [given.buffer] }) };
    },
    "rows are taken away": () => {
      const given = ALL.map((i) => Array.from(SET.at(i)));
      return { given, change: () => given.splice(3) };
    },
  };
  for (const [name, make] of Object.entries(changes)) {
    test(`${name}, before the first is in`, async () => {
      await whileBusy({ workers: 0 }, async (space) => {
        const { given, change } = make();
        const adding = refusalOf(() => space.addMany(ALL, given));
        change();
        const { code, message } = await adding;
        expect(code).toBe("INPUT_CHANGED");
        expect(message).toContain(" 0 were accepted");
      });
    });

    test(`${name}, after some are in`, async () => {
      await using parts = await opened({ ...OPTIONS, workers: 0 });
      const space = parts.index.space("s");
      const { given, change } = make();
      const adding = refusalOf(() => space.addMany(ALL, given));
      while (space.size < 64) await new Promise((resolve) => setImmediate(resolve));
      change();
      const { code, message } = await adding;
      expect(code).toBe("INPUT_CHANGED");
      expect(message).toContain(` ${await expectOwnRows(space, new Map())} were accepted`);
    });
  }

  test("contents that change store the old floats or the new, never some of two rows", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    const given = new Float32Array(SET.values.length).fill(1);
    const adding = space.addMany(ALL, given);
    while (space.size < 64) await new Promise((resolve) => setImmediate(resolve));
    given.fill(2);
    await adding;
    for (const key of ALL) expect(new Set(await space.get(key)).size).toBe(1);
  });
});

describe("searchMany, whose queries change shape before it settles, is INPUT_CHANGED:", () => {
  for (const workers of [0, 1]) {
    test(`a resizable buffer shrinks, workers: ${workers}`, async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      await space.addMany(ALL, SET.values);
      const bytes = 200 * DIMENSIONS * 4;
      const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
      new Float32Array(buffer).set(SET.part(0, 200).values);
      const searching = refusalOf(() => space.searchMany(new Float32Array(buffer), { k: 1 }));
      buffer.resize(DIMENSIONS * 4 * 3);
      expect((await searching).code).toBe("INPUT_CHANGED");
    });

    test(`a buffer is transferred, workers: ${workers}`, async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      await space.addMany(ALL, SET.values);
      const queries = SET.part(0, 200).values.slice();
      const searching = refusalOf(() => space.searchMany(queries, { k: 1 }));
      structuredClone(queries.buffer, { transfer: [queries.buffer] });
      expect((await searching).code).toBe("INPUT_CHANGED");
    });
  }
});

describe("code of the caller's that runs while its vector is read (a getter, a Proxy)", () => {
  const OWN = [1, 2, 3, 4];
  const OTHER = [50, 60, 70, 80];

  /** OWN, but reading the value at place 2 calls `work` first. */
  function watched(work: () => void): number[] {
    const vector = OWN.slice();
    Object.defineProperty(vector, 2, {
      get() {
        work();
        return OWN[2];
      },
    });
    return vector;
  }

  test("may add: neither vector holds values of the other", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    const inner: Promise<void>[] = [];
    await space.add(
      "outer",
      watched(() => inner.push(space.add("inner", OTHER))),
    );
    await Promise.all(inner);
    await expectHolds(
      space,
      new Map([
        ["outer", Float32Array.from(OWN)],
        ["inner", Float32Array.from(OTHER)],
      ]),
      "add",
    );
  });

  test("may add while addMany reads: no row becomes another", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    const inner: Promise<void>[] = [];
    const rows = [[9, 9, 9, 9], watched(() => inner.push(space.add("inner", OTHER))), [8, 8, 8, 8]];
    await space.addMany(["first", "outer", "last"], rows);
    await Promise.all(inner);
    const wanted = { first: [9, 9, 9, 9], outer: OWN, last: [8, 8, 8, 8], inner: OTHER };
    const model: Model = new Map(Object.entries(wanted).map(([key, row]) => [key, Float32Array.from(row)]));
    await expectHolds(space, model, "addMany");
  });

  test("may search: each search has its own query", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    await space.addMany(["own", "other"], [OWN, OTHER]);
    const inner: Promise<unknown>[] = [];
    const query = watched(() => inner.push(space.search(OTHER, { k: 1 })));
    expect(await space.search(query, { k: 1 })).toEqual([{ key: "own", distance: 0 }]);
    expect(await space.searchMany([OTHER, query], { k: 1 })).toEqual([
      [{ key: "other", distance: 0 }],
      [{ key: "own", distance: 0 }],
    ]);
    for (const each of await Promise.all(inner)) expect(each).toEqual([{ key: "other", distance: 0 }]);
  });

  test("a Proxy whose values are others every time is one vector, or refused", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    let reads = 0;
    const fickle = new Proxy(OWN, {
      get: (target, name) => (name === "0" && ++reads > 1 ? "text" : Reflect.get(target, name)),
    });
    const outcome = await space.add("fickle", fickle).then(
      () => "in",
      (error: unknown) => (error instanceof HnswError ? error.code : String(error)),
    );
    expect(["in", "BAD_VECTOR", "NOT_FINITE"]).toContain(outcome);
    if (outcome === "in") expect(await space.get("fickle")).toEqual(Float32Array.from(OWN));
    else expect(await space.has("fickle")).toBe(false);
  });

  test("keys that are others every time they are read are added as they were looked at", async () => {
    await using parts = await opened({ ...OPTIONS, workers: 0 });
    const space = parts.index.space("s");
    const reads = new Map<string, number>();
    const keys = new Proxy(["a", "b"], {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "string") return value;
        reads.set(value, (reads.get(value) ?? 0) + 1);
        return reads.get(value) === 1 ? value : "same";
      },
    });
    await space.addMany(keys, [OWN, OTHER]);
    await expectHolds(
      space,
      new Map([
        ["a", Float32Array.from(OWN)],
        ["b", Float32Array.from(OTHER)],
      ]),
      "keys",
    );
  });
});
