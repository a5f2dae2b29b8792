/*
 * A thread traps under a lock and ends before its seat is repaired. Does every call of the other threads end with
 * TIMEOUT, change nothing, and work again after the repair? No call may block the event loop that makes the repair.
 */
import { afterAll, expect, test } from "bun:test";
import {
  FAULT_ACCEPT_INTENT,
  FAULT_ACCEPT_LOCKED,
  FAULT_LINK_NODE_LOCKED,
  FAULT_QUEUE_LOCKED,
  MAX_SEATS,
} from "../../assembly/layout.ts";
import { openWith } from "../../src/api/open.ts";
import { Seat } from "../../src/core/seat.ts";
import { attach, open as openIndex, type VectorIndex } from "../../src/index.ts";
import { coreModule } from "../core/harness.ts";
import { clustered, expectHolds, expectSound, keysOf, modelOf, refusalOf } from "../support/indexes.ts";

const SEED = 31;
const DIMENSIONS = 8;
const SET = clustered(400, DIMENSIONS, SEED);
const DEAD = 100; // a seat that no thread of the index has
const TIMEOUT_MS = 60;
const open: VectorIndex[] = [];

afterAll(() => Promise.all(open.splice(0).map((index) => index.close())));

/** An index that holds SET, its opening thread's seat, and a seat beside it that will trap. */
async function withDeadThread(linked: boolean, workers = 0, timeoutMs = TIMEOUT_MS) {
  const options = { dimensions: DIMENSIONS, metric: "l2", workers, partitions: 1, flatBelow: 16 } as const;
  const { index, seats } = await openWith({ ...options, timeoutMs }, { build: "debug" });
  open.push(index);
  const space = index.space("s");
  await space.addMany(keysOf(SET).slice(0, 300), SET.part(0, 300).values);
  if (linked) await index.flush();
  const opener = seats[0]!;
  const dead = Seat.join(await coreModule("debug"), opener.memory, DEAD, true);
  return { index, space, opener, dead };
}

/** Lets the dead seat trap in a call. */
function trapIn(dead: Seat, point: number, call: (core: Seat["core"]) => void): void {
  dead.core.armFault(point, 1);
  expect(() => call(dead.core)).toThrow(WebAssembly.RuntimeError);
  expect(dead.core.holdsLocks()).not.toBe(0);
}

function addThrough(dead: Seat, key: string): (core: Seat["core"]) => void {
  return (core) => {
    core.openSpace(dead.putKey("s"), 0, 0);
    const [space, incarnation] = [dead.infoAt(0), dead.infoAt(1)];
    dead.putVector(SET.at(300));
    core.add(space, incarnation, dead.putKey(key), 0, 0);
  };
}

test("the partition lock: calls reject or throw TIMEOUT, then go on", async () => {
  const { index, space, dead } = await withDeadThread(true);
  await space.search(SET.at(1)); // the first search of a thread asks for memory
  trapIn(dead, FAULT_ACCEPT_LOCKED, addThrough(dead, "dead"));
  const calls: Record<string, () => unknown> = {
    add: () => space.add("x", SET.at(1)),
    addMany: () => space.addMany(["x", "y"], SET.part(0, 2).values),
    delete: () => space.delete(1),
    deleteMany: () => space.deleteMany([1, 2]),
    get: () => space.get(1),
    has: () => space.has(1),
    keys: () => space.keys(),
    size: () => index.space("another").size,
    "a search that has to find its space": () => index.space("another").search(SET.at(1)),
    "a search for more hits than ever": () => space.search(SET.at(1), { k: 299 }),
    searchMany: () => index.space("another").searchMany([SET.at(1)]),
    dropSpace: () => index.dropSpace("s"),
    spaces: () => index.spaces(),
    stats: () => index.stats().spaces,
    flush: () => index.flush(),
    check: () => index.check(),
    export: () => index.exportBytes(),
    "export of a space": () => index.exportBytes(["s"]),
    attach: () => attach(index.attach()),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect({ name, code: (await refusalOf(call)).code }).toEqual({ name, code: "TIMEOUT" });
  }
  expect(space.size).toBe(300); // the space was located before, and counts are read without the lock
  expect((await space.search(SET.at(7), { k: 1 }))[0]).toEqual({ key: 7, distance: 0 });

  expect(dead.core.repairSeat(DEAD)).toBe(0);
  await expectHolds(space, modelOf(SET.part(0, 300)), `seed ${SEED}`);
  for (const name of ["get", "has", "keys", "size", "searchMany", "spaces", "stats", "flush", "check", "export"]) {
    await calls[name]!();
  }
  await expectSound(index, `seed ${SEED}`);
}, 30_000);

test("the partition lock in the middle of an op: the repair completes it, and it is linked", async () => {
  const { index, space, dead } = await withDeadThread(true);
  trapIn(dead, FAULT_ACCEPT_INTENT, addThrough(dead, "dead"));
  expect((await refusalOf(() => space.get("dead"))).code).toBe("TIMEOUT");
  expect(dead.core.repairSeat(DEAD)).toBe(1);
  expect(await space.get("dead")).toEqual(SET.at(300));
  await index.flush();
  expect(index.stats().spaces[0]).toMatchObject({ live: 301, pending: 0 });
  await expectSound(index, `seed ${SEED}`);
});

test("a run queue's lock: nothing is dropped or linked, everything else works, then both go on", async () => {
  const { index, space, dead } = await withDeadThread(true);
  trapIn(dead, FAULT_QUEUE_LOCKED, (core) => core.claim(0, 10, 0));
  await space.add("x", SET.at(301));
  expect((await space.search(SET.at(301), { k: 1 }))[0]).toEqual({ key: "x", distance: 0 });
  expect((await refusalOf(() => index.flush())).code).toBe("TIMEOUT");
  expect((await refusalOf(() => index.dropSpace("s"))).code).toBe("TIMEOUT");
  expect(space.size).toBe(301);

  expect(dead.core.repairSeat(DEAD)).toBe(0);
  await index.flush();
  await expectSound(index, `seed ${SEED}`);
  expect(await index.dropSpace("s")).toBe(true);
});

test("two dead threads that wait for each other's repair: both are repaired, in either order", async () => {
  for (const order of [
    [DEAD, DEAD + 1],
    [DEAD + 1, DEAD],
  ]) {
    const { index, space, opener, dead } = await withDeadThread(true);
    const { memory } = dead;
    const other = Seat.join(await coreModule("debug"), memory, DEAD + 1, true);
    trapIn(dead, FAULT_QUEUE_LOCKED, (core) => core.claim(0, 10, 0));
    trapIn(other, FAULT_ACCEPT_LOCKED, addThrough(other, "dead"));
    // As the pool does, from a thread with an event loop, which must not wait in a repair.
    for (const seat of order) opener.core.repairSeat(seat);
    await space.add("x", SET.at(301));
    await index.flush();
    await expectSound(index, `seed ${SEED}, order ${order}`);
  }
});

/** An export that has sent its first chunk, of a space of many; the rest of it when `then` has happened. */
async function begunExport(index: VectorIndex) {
  const large = clustered(3000, DIMENSIONS, SEED);
  await index.space("large").addMany(keysOf(large), large.values);
  await index.flush();
  const reader = index.export().getReader();
  const first = (await reader.read()).value!;
  return async () => {
    const chunks = [first];
    for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value);
    return new Blob(chunks);
  };
}

test("the partition lock in the middle of an export: it gives up, and leaves what it had taken", async () => {
  const { index, dead } = await withDeadThread(true);
  const rest = await begunExport(index);
  trapIn(dead, FAULT_ACCEPT_LOCKED, addThrough(dead, "dead"));
  expect((await refusalOf(rest)).code).toBe("TIMEOUT");
  expect(dead.core.repairSeat(DEAD)).toBe(0);
  for (let i = 0; i < MAX_SEATS; i++) await index.exportBytes([]); // its seat is free again
  await index.exportBytes();
  await expectSound(index, `seed ${SEED}`);
});

test("the partition lock in the middle of an export, and the index is closed: it ends", async () => {
  const { index, dead } = await withDeadThread(true, 0, 120_000);
  const rest = await begunExport(index);
  trapIn(dead, FAULT_ACCEPT_LOCKED, addThrough(dead, "dead"));
  const waiting = refusalOf(rest);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await index.close();
  expect((await waiting).code).toBe("CLOSED");
});

test("a node's lock in the middle of an export: it goes on when the lock is free, with everything", async () => {
  const { index, dead } = await withDeadThread(false, 0, 120_000);
  while (dead.core.claim(0, 500, 0) !== 0) while (dead.core.link(250) !== 0);
  await index.space("s").add("x", SET.at(301));
  dead.core.claim(0, 1, 0);
  trapIn(dead, FAULT_LINK_NODE_LOCKED, (core) => core.link(1));
  const waiting = index.exportBytes();
  await new Promise((resolve) => setTimeout(resolve, 20)); // the event loop runs in the meantime
  dead.core.repairSeat(DEAD);
  const copy = await openIndex({ dimensions: DIMENSIONS, metric: "l2", workers: 0, from: await waiting });
  open.push(copy);
  const model = modelOf(SET.part(0, 300)).set("x", SET.at(301));
  await expectHolds(copy.space("s"), model, `seed ${SEED}`);
  await expectSound(copy, `seed ${SEED}`);
  while (dead.core.link(10) !== 0);
});

test("a node's lock: a flush gives up, then goes on", async () => {
  const { index, dead } = await withDeadThread(false);
  while (dead.core.claim(0, 500, 0) !== 0) while (dead.core.link(250) !== 0);
  await index.space("s").addMany(["x", "y"], SET.part(301, 303).values);
  dead.core.claim(0, 1, 0);
  trapIn(dead, FAULT_LINK_NODE_LOCKED, (core) => core.link(1));
  expect((await refusalOf(() => index.flush())).code).toBe("TIMEOUT"); // the claimed slot
  expect((await refusalOf(() => index.exportBytes())).code).toBe("TIMEOUT");
  dead.core.repairSeat(DEAD);
  while (dead.core.link(10) !== 0);
  await index.flush();
  await expectSound(index, `seed ${SEED}`);
});

test("a worker that waits for a lock that is never freed: searches go on without it, and close ends", async () => {
  const { index, space, opener, dead } = await withDeadThread(true, 1);
  await space.search(SET.at(1));
  const other = Seat.join(await coreModule("debug"), dead.memory, DEAD + 1, true);
  trapIn(dead, FAULT_QUEUE_LOCKED, (core) => core.claim(0, 10, 0));
  trapIn(other, FAULT_ACCEPT_LOCKED, addThrough(other, "dead"));
  opener.core.repairSeat(DEAD); // the queue is broken now, and the worker waits for the partition lock to mend it
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [hits] = await space.searchMany([SET.at(7)], { k: 1 });
  expect(hits).toEqual([{ key: 7, distance: 0 }]);
  await index.close();
}, 20_000);
