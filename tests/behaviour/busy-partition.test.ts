/*
 * Another thread holds the partition's lock whenever a call that reads documents asks the core for something. Does the call
 * wait for it, and then give what it gives otherwise? Whatever the core refuses as busy is asked for again.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { E_BUSY, FAULT_ACCEPT_LOCKED } from "../../assembly/layout.ts";
import { attachWith } from "../../src/api/attach.ts";
import { openWith } from "../../src/api/open.ts";
import type { CoreExports } from "../../src/core/exports.ts";
import { Seat } from "../../src/core/seat.ts";
import type { Space } from "../../src/index.ts";
import { coreModule } from "../core/harness.ts";
import { expectSound, uniform } from "../support/indexes.ts";

interface Note {
  text: string;
  word: string;
  n: number;
  list: string[];
}

const COUNT = 60;
const SET = uniform(COUNT, 8, 77);
const DEAD = 100; // a seat that no thread of the index has
const FIELDS = { word: "keyword", n: "number", list: "keyword" } as const;

/** Rows, keywords and lists are larger than what a seat that has read little keeps for them. */
const noteOf = (i: number): Note => ({
  text: `${i} `.repeat(40 * i),
  word: `${i % 2}`.repeat(i === COUNT - 1 ? 40_000 : 30),
  n: i % 7,
  list: [`a${i % 3}`, "long".repeat(2000)],
});

const MOST_TIMES = 100;

type Call = keyof CoreExports;
type Asked = (space: Space<number, Note>) => unknown;

async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

const where = { n: { $gte: 0 } };
const include = ["metadata", "vector"] as const;
const QUERY = SET.at(3);

/** What is requested, and the calls of the core that find the lock taken then. */
const ASKED: Record<string, { ask: Asked; busy: Call[] }> = {
  search: { ask: (space) => space.search(QUERY, { k: 40, where }), busy: ["rowSpace"] },
  "search, documents included": {
    ask: (space) => space.search(QUERY, { k: COUNT, where, include: [...include] }),
    busy: ["rowSpace", "hitAt"],
  },
  "search for more hits than ever": {
    ask: (space) => space.search(QUERY, { k: 70, where: {}, explain: true }),
    busy: ["searchMatches"],
  },
  "search without a filter, documents included": {
    ask: (space) => space.search(QUERY, { k: COUNT, include: [...include] }),
    busy: ["hitAt"],
  },
  count: { ask: (space) => space.count({ where }), busy: ["rowSpace", "startFilter"] },
  entries: {
    ask: (space) => all(space.entries({ where, include: [...include] })),
    busy: ["startFilter", "listMatches"],
  },
  "entries in order": { ask: (space) => all(space.entries({ orderBy: "word" })), busy: ["listMatches", "keywordAt"] },
  page: { ask: (space) => space.page({ limit: COUNT, include: [...include] }), busy: ["listMatches", "matchAt"] },
  facets: { ask: (space) => space.facets("word"), busy: ["listMatches", "keywordAt"] },
  "facets of lists": { ask: (space) => space.facets("list"), busy: ["listMatches"] },
  getMany: { ask: (space) => space.getMany([1, 2, 59], { include: [...include] }), busy: ["getRow"] },
  updateWhere: { ask: (space) => space.updateWhere(where, { n: 3 }), busy: ["startFilter", "getRow", "update"] },
  deleteWhere: { ask: (space) => space.deleteWhere({ n: 3 }), busy: ["startFilter", "remove"] },
};

const closing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(closing.splice(0).map((close) => close())));

async function exported(): Promise<Uint8Array<ArrayBuffer>> {
  const { index } = await openWith({ dimensions: 8, metric: "l2", workers: 0, partitions: 1, fields: FIELDS }, {});
  const keys = Array.from({ length: COUNT }, (_, i) => i);
  await index.space("s").addMany(keys, SET.values, keys.map(noteOf));
  const bytes = await index.exportBytes();
  await index.close();
  return bytes;
}

const bytes = exported();

/** An index by the handle that loaded it, or by one that has read no document yet: its seat has room for none. */
async function loaded(byOpener = false) {
  const options = {
    dimensions: 8,
    metric: "l2",
    workers: 0,
    partitions: 1,
    fields: FIELDS,
    from: await bytes,
  } as const;
  const opener = await openWith(options, { build: "debug" });
  closing.push(() => opener.index.close());
  const { index, seats } = byOpener ? opener : attachWith(opener.index.attach());
  const space = index.space("s") as unknown as Space<number, Note>;
  await space.has(0); // where it is, is known
  return { index, space, seat: seats[0]! };
}

/** Calls of the core find the lock taken, a few times each, until a later turn. Returns which were refused for it. */
async function interrupt({ core, memory }: Seat): Promise<Map<Call, number>> {
  const dead = Seat.join(await coreModule("debug"), memory, DEAD, true);
  const refused = new Map<Call, number>();
  const held = new Map<Call, number>();
  const hold = () => {
    dead.core.openSpace(dead.putKey("s"), 0, 0);
    const [space, incarnation] = [dead.infoAt(0), dead.infoAt(1)];
    dead.putVector(SET.at(0));
    dead.core.armFault(FAULT_ACCEPT_LOCKED, 1);
    expect(() => dead.core.add(space, incarnation, dead.putKey("dead"), 0, 0)).toThrow(WebAssembly.RuntimeError);
    setImmediate(() => void dead.core.repairSeat(DEAD));
  };
  for (const call of Object.keys(core) as Call[]) {
    const original = core[call];
    if (typeof original !== "function" || ["endScan", "scratchAddress", "endSearch"].includes(call)) continue;
    core[call] = (...args) => {
      const times = held.get(call) ?? 0;
      if (times < MOST_TIMES && !refused.has(call) && dead.core.holdsLocks() === 0) {
        held.set(call, times + 1);
        hold();
      }
      const status = original(...args);
      if (status === E_BUSY) refused.set(call, (refused.get(call) ?? 0) + 1);
      return status;
    };
  }
  return refused;
}

describe("what is asked while the partition is busy is given when it is free", () => {
  for (const [name, { ask, busy }] of Object.entries(ASKED)) {
    test(name, async () => {
      const quiet = await loaded();
      const wanted = await ask(quiet.space);
      const { index, space, seat } = await loaded();
      const refused = await interrupt(seat);
      expect(await ask(space)).toEqual(wanted);
      for (const call of busy) expect({ call, isRefused: refused.has(call) }).toEqual({ call, isRefused: true });
      await index.flush();
      await expectSound(index, name);
    });
  }

  test("addField", async () => {
    const { index, space, seat } = await loaded(true);
    const refused = await interrupt(seat);
    await index.addField("text", "keyword");
    while (index.fields.text?.state === "building") await new Promise((resolve) => setImmediate(resolve));
    expect(index.fields.text).toEqual({ type: "keyword", state: "ready", mismatches: 0 });
    expect(await space.count({ where: { text: noteOf(4).text } } as never)).toBe(1);
    for (const call of ["defineFields", "fillMatch"] as const) {
      expect({ call, isRefused: refused.has(call) }).toEqual({ call, isRefused: true });
    }
  });
});
