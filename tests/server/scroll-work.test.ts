/*
 * How much does a filtered scroll look at until its last page? About each document once or twice, however many pages there are and
 * however the matches are spread. Documents that are read are counted, not milliseconds.
 */
import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import { type Key, openStore, type Store } from "../../src/index.ts";
import { Points } from "../../src/server/points/points.ts";
import { createHandler, type Handler } from "../../src/server/server.ts";

const COUNT = 30_000;
const isRare = (id: number) => id === 7 || id === 20_000 || id === COUNT - 1;
const isLate = (id: number) => id >= COUNT - 3000;
const isSparse = (id: number) => id % 100 === 3;
const isFrequent = (id: number) => id % 7 === 0;
const payloadOf = (id: number) => ({
  ...{ rare: isRare(id), late: isLate(id), sparse: isSparse(id), frequent: isFrequent(id) },
});

let store: Store;
let handler: Handler;

async function call(method: string, path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const request = new Request(`http://localhost${path}`, { method, headers, body: JSON.stringify(body) });
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what comes
  return ((await (await handler(request)).json()) as any).result;
}

beforeAll(async () => {
  store = await openStore(null, { workers: 0 });
  handler = createHandler(store);
  for (const name of ["indexed", "plain"]) {
    await call("PUT", `/collections/${name}`, { vectors: { size: 1, distance: "Euclid" } });
    for (const field of ["rare", "late", "sparse", "frequent"].filter(() => name === "indexed")) {
      await call("PUT", `/collections/${name}/index?wait=true`, { field_name: field, field_schema: "bool" });
    }
    for (let from = 0; from < COUNT; from += 5000) {
      // The youngest has the smallest id: the order of ids is not that of age.
      const ids = Array.from({ length: 5000 }, (_, i) => COUNT - 1 - from - i);
      const points = ids.map((id) => ({ id, vector: [id], payload: payloadOf(id) }));
      await call("PUT", `/collections/${name}/points?wait=true`, { points });
    }
  }
}, 120_000);
afterAll(() => store.close());

/** What reads documents, without its type parameters. */
interface Plain {
  getMany(keys: readonly Key[], include: unknown): Promise<unknown>;
  entries(where: unknown, include: unknown): AsyncGenerator<unknown, void, unknown>;
}

/** Every page of a scroll: the ids, and how many documents were read for them. */
async function scrolled(collection: string, field: string, limit: number) {
  const filter = { must: [{ key: field, match: { value: true } }] };
  let looked = 0;
  const plain: Plain = Points.prototype as never;
  const { getMany, entries } = plain;
  const spies = [
    spyOn(plain, "getMany").mockImplementation(function (this: Plain, keys, include) {
      looked += keys.length;
      return getMany.call(this, keys, include);
    }),
    spyOn(plain, "entries").mockImplementation(async function* (this: Plain, where, include) {
      for await (const entry of entries.call(this, where, include)) {
        looked++;
        yield entry;
      }
    }),
  ];
  try {
    const ids: number[] = [];
    let pages = 0;
    for (let offset: number | null = null; pages === 0 || offset !== null; pages++) {
      const body: object = { filter, limit, offset: offset ?? undefined, with_payload: false };
      const { points, next_page_offset } = await call("POST", `/collections/${collection}/points/scroll`, body);
      ids.push(...points.map(({ id }: { id: number }) => id));
      offset = next_page_offset;
    }
    return { ids, pages, looked };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const ALL = Array.from({ length: COUNT }, (_, id) => id);
for (const collection of ["indexed", "plain"]) {
  for (const [field, passes, limit] of [
    ["sparse", isSparse, 50],
    ["frequent", isFrequent, 800],
    ["late", isLate, 500],
    ["rare", isRare, 10],
  ] as const) {
    test(`${collection}: ${field} matches, ${limit} a page`, async () => {
      const { ids, pages, looked } = await scrolled(collection, field, limit);
      expect(ids).toEqual(ALL.filter(passes));
      expect({ pages, looked, enough: looked <= 2.5 * COUNT }).toEqual({ pages, looked, enough: true });
      if (collection === "indexed" && field === "rare") expect(looked).toBeLessThan(5000);
    });
  }
}
