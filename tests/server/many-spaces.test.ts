/*
 * Does the event loop stay free where a collection has thousands of spaces? A page in the order of their names reads the figures of
 * the page; one in the order of a figure, and what the dashboard shows, read all of them in slices. Turns are counted, not milliseconds.
 */
import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import { Space } from "../../src/api/space.ts";
import { VectorIndex } from "../../src/api/vector-index.ts";
import { openStore, type SpaceStats, type Store } from "../../src/index.ts";
import { createHandler, type Handler } from "../../src/server/server.ts";
import { turnsDuring } from "../support/turns.ts";

const SPACES = 20_000;
const names = Array.from({ length: SPACES }, (_, i) => `tenant-${i}`);
const live = (i: number) => (i % 7919 === 0 ? 2 : 1);
const all = names.toSorted();

let store: Store;
let handler: Handler;
beforeAll(async () => {
  store = await openStore(null, { workers: 0 });
  handler = createHandler(store);
  await store.create("c", { dimensions: 1, metric: "l2" });
  await store.create("own", { dimensions: 1, metric: "l2", shared: false });
  for (const collection of ["c", "own"]) {
    await store.use(collection, async (index) => {
      for (const [i, name] of names.entries()) {
        await index.space(name).addMany(
          Array.from({ length: live(i) }, (_, key) => key),
          new Float32Array(live(i)),
        );
      }
    });
  }
}, 120_000);
afterAll(() => store.close());

/** Without sockets, whose turns would count. */
async function get(path: string) {
  const response = await handler(new Request(`http://localhost${path}`));
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what comes
  return ((await response.json()) as any).result;
}
const page = (collection: string, query: string) => get(`/v1/collections/${collection}/spaces${query}`);
const namesOf = ({ spaces }: { spaces: SpaceStats[] }) => spaces.map(({ name }) => name);

for (const collection of ["c", "own"]) {
  test(`a page by name reads no figures but its own (${collection})`, async () => {
    const ofOne = spyOn(Space.prototype, "stats");
    const ofAll = spyOn(VectorIndex.prototype, "listFigures");
    try {
      const first = await page(collection, "?limit=50");
      expect(namesOf(first)).toEqual(all.slice(0, 50));
      expect(first).toMatchObject({ total: SPACES, next: all[49] });
      expect([ofOne.mock.calls.length, ofAll.mock.calls.length]).toEqual([50, 0]);
    } finally {
      ofOne.mockRestore();
      ofAll.mockRestore();
    }
    expect(namesOf(await page(collection, `?limit=3&after=${all[49]}`))).toEqual(all.slice(50, 53));
    expect(namesOf(await page(collection, "?limit=3&skip=15000"))).toEqual(all.slice(15_000, 15_003));
    expect(namesOf(await page(collection, "?limit=2&down=true"))).toEqual(all.slice(-2).reverse());
    expect(await page(collection, `?limit=3&skip=${SPACES - 2}`)).toMatchObject({ total: SPACES, next: null });
    expect(await page(collection, `?skip=${SPACES + 1}`)).toMatchObject({ spaces: [], next: null });
  });

  test(`a page by a figure has the largest first, those alike by name (${collection})`, async () => {
    const most = names.filter((_, i) => live(i) === 2).toSorted();
    const { spaces } = await page(collection, "?sort=live&down=true&limit=5");
    expect(namesOf({ spaces })).toEqual([...most, ...all.filter((name) => !most.includes(name)).slice(0, 2)]);
    expect(spaces.map((space: SpaceStats) => space.live)).toEqual([2, 2, 2, 1, 1]);
  });

  test(`other turns of the event loop come between (${collection})`, async () => {
    // None would come where it is one piece.
    const byFigure = await turnsDuring(() => page(collection, "?sort=bytes"));
    const byName = await turnsDuring(() => page(collection, "?skip=19000"));
    expect({ byFigure, enough: byFigure >= 2 }).toEqual({ byFigure, enough: true });
    expect({ byName, enough: byName >= 1 }).toEqual({ byName, enough: true });
  });
}

test("what the dashboard shows of all spaces is read in slices, once for all who ask at a time", async () => {
  const read = spyOn(VectorIndex.prototype, "listFigures");
  try {
    let both: unknown[] = [];
    const turns = await turnsDuring(async () => {
      both = await Promise.all([get("/v1/stats"), get("/v1/stats")]);
    });
    expect({ turns, enough: turns >= 2 }).toEqual({ turns, enough: true });
    expect(read.mock.calls.length).toBe(2); // of two collections
    for (const stats of both) {
      expect(stats).toMatchObject({
        collections: [
          { name: "c", spaces: SPACES },
          { name: "own", spaces: SPACES },
        ],
      });
    }
  } finally {
    read.mockRestore();
  }
});
