/*
 * A caller's recursion runs out of stack inside a call, and the caller goes on: does the index, too? A call runs to its end
 * or has not begun: no lock stays held, every later call ends, and an op is in exactly if its promise says so.
 */
import { describe, expect, test } from "bun:test";
import { MAX_SEATS } from "../../assembly/layout.ts";
import type { Space, VectorIndex } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, expectSound, type Model, opened, uniform } from "../support/indexes.ts";
import { outOfStack } from "../support/out-of-stack.ts";

const SEED = 808;
const SET = uniform(200, 4, SEED);
const OPTIONS = { dimensions: 4, metric: "l2", partitions: 1, flatBelow: 64, timeoutMs: 5000 } as const;
const RECURSIONS = 2;
const FRAMES = 400; // from the deepest on: at first there is no stack for the call at all, at last enough for all of it

/** Calls in the deepest frames of recursions. Returns what came of each: a promise, or null for one that threw. */
function callOutOfStack<T>(call: (frame: number) => T): T[] {
  const results: T[] = [];
  for (let padding = 0; padding < RECURSIONS; padding++) {
    outOfStack(padding, FRAMES, (frame) => {
      results.push(call(padding * FRAMES + frame));
    });
  }
  return results;
}

/** Fails unless each has succeeded or has found no stack, and some have done each. */
async function expectWholeOrNothing(ends: unknown[]): Promise<void> {
  const settled = await Promise.allSettled(ends);
  const refusals = settled.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  expect(refusals.find((reason) => !(reason instanceof RangeError))).toBeUndefined();
  expect(ends.length - refusals.length).toBeGreaterThan(0);
  expect(RECURSIONS * FRAMES - ends.length + refusals.length).toBeGreaterThan(0);
}

/** Adds, out of stack. Resolves to what is in now. */
async function addOutOfStack(space: Space): Promise<Model> {
  const tried = callOutOfStack((call) => {
    const key = `key ${call}`;
    const vector = SET.at(call % SET.count);
    return { key, vector, end: space.add(key, vector) };
  });
  const ends = tried.map(({ end }) => end);
  await expectWholeOrNothing(ends);
  const model: Model = new Map();
  for (const [i, { status }] of (await Promise.allSettled(ends)).entries()) {
    if (status === "fulfilled") model.set(tried[i]!.key, tried[i]!.vector);
  }
  return model;
}

/** Fails unless the index holds that, and works on as if nothing had happened. */
async function expectWorking(index: VectorIndex, space: Space, model: Model): Promise<void> {
  await space.add("after", SET.at(0));
  model.set("after", SET.at(0));
  await expectHolds(space, model, `seed ${SEED}`);
  await expectSound(index, `seed ${SEED}`);
  expect((await space.search(SET.at(0), { k: 1 }))[0]!.distance).toBe(0);
  expect(index.stats().spaces[0]!.quarantined).toBe(0);
}

for (const workers of [0, 1]) {
  describe(`with workers: ${workers}`, () => {
    test("in add: the op is in or not, as its promise says, and the index works on", async () => {
      await using parts = await opened({ ...OPTIONS, workers });
      const space = parts.index.space("s");
      await expectWorking(parts.index, space, await addOutOfStack(space));
    });

    const calls: Record<string, (space: Space, index: VectorIndex) => unknown> = {
      get: (space) => space.get(7),
      has: (space) => space.has(7),
      "delete of a key that is not there": (space) => space.delete("no such key"),
      "deleteMany of keys that are not there": (space) => space.deleteMany(["no such key", "nor this"]),
      search: (space) => space.search(SET.at(7), { k: 5 }),
      "search with a filter": (space) => space.search(SET.at(7), { k: 5, filter: (key) => key !== 3 }),
      searchMany: (space) => space.searchMany([SET.at(7)], { k: 5 }),
      "addMany of what is there": (space) => space.addMany([7], [SET.at(7)]),
      keys: (space) => space.keys(),
      size: (space) => space.size,
      spaces: (_, index) => index.spaces(),
      "dropSpace of one that is not there": (_, index) => index.dropSpace("no such space"),
      stats: (_, index) => index.stats(),
    };
    for (const [name, call] of Object.entries(calls)) {
      test(`in ${name}: it succeeds or has no stack, and the index works on`, async () => {
        await using parts = await opened({ ...OPTIONS, workers });
        const { index, seats } = parts;
        const space = index.space("s");
        const keys = Array.from({ length: 100 }, (_, i) => i);
        await space.addMany(keys, SET.part(0, 100).values);
        const ends = callOutOfStack(() => call(space, index));
        expect(seats[0]!.core.holdsLocks()).toBe(0);
        await expectWholeOrNothing(ends);
        await expectWorking(index, space, new Map(keys.map((key) => [key, SET.at(key)])));
      });
    }

    for (const name of ["flush", "check", "exportBytes"] as const) {
      test(`in ${name}, which goes on in later turns: the index works on, and no seat is lost`, async () => {
        await using parts = await opened({ ...OPTIONS, workers });
        const { index, handle } = parts;
        const space = index.space("s");
        const adds = Array.from({ length: 100 }, (_, i) => space.add(i, SET.at(i)));
        const ends = callOutOfStack(() => index[name]());
        const refusals = (await Promise.allSettled(ends)).flatMap((end) =>
          end.status === "rejected" ? end.reason : [],
        );
        const others = refusals.filter((reason) => !(reason instanceof RangeError));
        expect(others.filter(({ code }) => code !== "TOO_MANY_HANDLES")).toEqual([]);
        expect(refusals.length - others.length).toBeGreaterThan(0);
        expect(ends.length - refusals.length).toBeGreaterThan(0);
        await Promise.all(adds);
        await expectWorking(index, space, new Map(adds.map((_, i) => [i, SET.at(i)])));
        let free = 0;
        while (handle.control.takeSeat(0) >= 0) free++;
        expect(free).toBe(MAX_SEATS - 1 - workers);
      });
    }
  });
}

test("in linking on the calling thread: no op is blamed for it", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 0, maxPending: 1000 });
  const { index, handle } = parts;
  const space = index.space("s");
  const adds = Array.from({ length: 200 }, (_, i) => space.add(i, SET.at(i)));
  callOutOfStack(() => handle.help());
  await Promise.all(adds);
  await expectWorking(index, space, new Map(adds.map((_, i) => [i, SET.at(i)])));
});

test("in close: it closes, or has no stack and closes later", async () => {
  const { index } = await opened({ ...OPTIONS, workers: 1 });
  await expectWholeOrNothing(callOutOfStack(() => index.close()));
  expect(() => index.space("s")).toThrow("closed");
});

test("in searches of an export that is open to be searched", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 0 });
  await parts.index.space("s").addMany([...SET.values.keys()].slice(0, 200), SET.values);
  const searched = await openSearch({ from: await parts.index.exportBytes() });
  const space = searched.space("s");
  await expectWholeOrNothing(callOutOfStack(() => space.search(SET.at(7), { k: 1 })));
  expect(await space.search(SET.at(7), { k: 1 })).toEqual([{ key: 7, distance: 0 }]);
  searched.close();
});

test("with a path: what resolved is on the disk, and close ends", async () => {
  using folder = new Folder();
  let model: Model;
  {
    await using parts = await folder.open({ ...OPTIONS, workers: 1 });
    const space = parts.index.space("s");
    model = await addOutOfStack(space);
    await expectWorking(parts.index, space, model);
  }
  await using again = await folder.open({ ...OPTIONS, workers: 1 });
  await expectHolds(again.index.space("s"), model, `seed ${SEED}`);
});
