/* When workers die, some again and again or all for good: is nothing accepted lost, and does every wait end? */
import { describe, expect, test } from "bun:test";
import {
  clustered,
  expectHolds,
  expectSound,
  inTime,
  keysOf,
  modelOf,
  opened,
  refusalOf,
  until,
} from "../support/indexes.ts";
import { loseWorkers } from "../support/lose-workers.ts";

const SEED = 13;
const DIMENSIONS = 24;
const SET = clustered(4000, DIMENSIONS, SEED);
const MODEL = modelOf(SET);
const KILLS = 5; // of each worker; the first ones while it has thousands to link
const OPTIONS = { dimensions: DIMENSIONS, metric: "l2", flatBelow: 64, partitions: 2 } as const;

describe("killed while they link", () => {
  for (const workers of [1, 2]) {
    test(`nothing is lost and every end is reported, workers: ${workers}`, async () => {
      await using parts = await opened({
        ...{ ...OPTIONS, workers, maxPending: 1000, stealing: { threshold: 50 }, onIncident: () => {} },
      });
      const { index, pool, incidents } = parts;
      const half = SET.count / 2;
      const names = ["a", "b"];
      const adding = Promise.all(
        names.map((name, i) => index.space(name).addMany(keysOf(SET).slice(i * half, (i + 1) * half), rows(i * half))),
      );
      let accepted = false;
      void adding.then(() => {
        accepted = true;
      });
      const killed = new Array<number>(workers).fill(0); // by worker
      const linkedBy = new Array<number>(workers).fill(0); // when it was killed last
      for (let worker = 0; killed[worker]! < KILLS; worker = (worker + 1) % workers) {
        // Five in a row that did nothing would count as lost.
        const hasWorked = () => index.stats().workers[worker]!.linked > linkedBy[worker]! || accepted;
        await until(() => index.stats().workers[worker]!.alive && hasWorked(), `worker ${worker} works`);
        await pool!.kill(worker);
        linkedBy[worker] = index.stats().workers[worker]!.linked;
        killed[worker]!++;
      }
      const kills = killed.reduce((sum, count) => sum + count);
      await adding;
      await index.flush();
      await expectSound(index, `after ${kills} kills, seed ${SEED}`);
      for (const [i, name] of names.entries()) {
        const model = new Map([...MODEL].slice(i * half, (i + 1) * half));
        await expectHolds(index.space(name), model, `space ${name}, ${kills} kills, seed ${SEED}`);
      }
      expect(incidents.length).toBe(kills);
      expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(["exit"]));
      for (const { worker, message } of incidents) {
        expect(worker).toBeWithin(0, workers);
        expect(message.length).toBeGreaterThan(0);
      }
      const restarts = index.stats().workers.reduce((sum, worker) => sum + worker.restarts, 0);
      expect(restarts).toBe(kills);
    });
  }

  function rows(first: number): Float32Array {
    return SET.part(first, first + SET.count / 2).values;
  }
});

describe("all lost", () => {
  const rest = { workers: 2, maxPending: 64, timeoutMs: 200 };

  test("is reported once a worker, as lost, and its restarts still count", async () => {
    await using parts = await opened({ ...OPTIONS, ...rest, onIncident: () => {} });
    await loseWorkers(parts);
    const lost = parts.incidents.filter(({ kind }) => kind === "lost");
    expect(lost.map(({ worker }) => worker).sort()).toEqual([0, 1]);
    const { workers } = parts.index.stats();
    expect(workers.map(({ alive, restarts }) => [alive, restarts])).toEqual([
      [false, 5],
      [false, 5],
    ]);
  });

  test("ops that wait for the same room time out together", async () => {
    await using parts = await opened({ ...OPTIONS, ...rest, flatBelow: 16, onIncident: () => {} });
    await loseWorkers(parts);
    const space = parts.index.space("s");
    const adding = keysOf(SET).slice(0, rest.maxPending + 40);
    const calls = adding.map((key) => space.add(key, SET.at(key)).catch((error) => error.code));
    const outcomes = [...Array(rest.maxPending).fill(undefined), ...Array(40).fill("TIMEOUT")];
    const oneByOne = 40 * rest.timeoutMs;
    expect(await inTime(Promise.all(calls), oneByOne / 2)).toEqual(outcomes);
  });

  test("every wait ends with TIMEOUT, reads work on, and close ends", async () => {
    const parts = await opened({ ...OPTIONS, ...rest, onIncident: () => {} });
    const { index } = parts;
    const space = index.space("s");
    await space.addMany(keysOf(SET).slice(0, 500), SET.part(0, 500).values);
    await index.flush();
    await loseWorkers(parts);

    // What finds room is accepted, found and kept, linked or not.
    const model = new Map([...MODEL].slice(0, 500));
    let key = 500;
    let refused = null;
    for (; refused === null; key++) {
      refused = await space.add(key, SET.at(key)).then(
        () => null,
        (error) => error,
      );
      if (refused === null) model.set(key, SET.at(key));
    }
    expect(refused.code).toBe("TIMEOUT");
    expect(refused.message).toMatch(/No worker made progress for 200 ms. Look at stats\(\).workers: if none is alive/);
    expect(model.size).toBe(500 + rest.maxPending);

    const waits: Record<string, () => unknown> = {
      add: () => space.add("x", SET.at(0)),
      addMany: () => space.addMany(["x", "y"], SET.part(0, 2).values),
      flush: () => index.flush(),
      check: () => index.check(),
    };
    for (const [name, wait] of Object.entries(waits)) {
      expect({ name, code: (await refusalOf(wait)).code }).toEqual({ name, code: "TIMEOUT" });
    }
    await expectHolds(space, model, `seed ${SEED}`);
    expect((await space.search(SET.at(510), { k: 1 }))[0]).toEqual({ key: 510, distance: 0 });
    expect((await space.searchMany([SET.at(20)], { k: 1 }))[0]![0]!.key).toBe(20);
    expect(await space.delete(510)).toBe(true);
    expect(await space.has(510)).toBe(false);
    expect(await index.dropSpace("s")).toBe(true);
    await space.add("again", SET.at(1)); // a new space has room
    expect(index.stats().spaces.length).toBe(1);
    await index.close();
    expect((await refusalOf(() => space.size)).code).toBe("CLOSED");
  });
});

test("an index that waits for room goes on when a killed worker is replaced", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 1, maxPending: 64, onIncident: () => {} });
  const space = parts.index.space("s");
  const calls = keysOf(SET)
    .slice(0, 1000)
    .map((key) => space.add(key, SET.at(key)));
  await parts.pool!.kill(0);
  await Promise.all(calls);
  expect(space.size).toBe(1000);
  await expectSound(parts.index, `seed ${SEED}`);
});
