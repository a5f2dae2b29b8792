/* Is a collection like an index of its own where several of one shape share one? */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FieldType, open, openStore, type Store, type VectorIndex, type Where } from "../../src/index.ts";
import { backUpStore } from "../../src/storage/tools/backup-store.ts";
import { Folder } from "../support/folder.ts";
import { formerStore } from "../support/former-store.ts";

const SHAPE = { dimensions: 2, metric: "l2" } as const;

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error) => error.code,
  );

async function withFields(store: Store, name: string, fields: Record<string, FieldType>): Promise<VectorIndex> {
  await store.create(name, SHAPE);
  const index = await store.open(name);
  for (const [field, type] of Object.entries(fields)) await index.addField(field, type);
  return index;
}

async function ready(index: VectorIndex): Promise<void> {
  while (Object.values(index.fields).some(({ state }) => state === "building")) await Bun.sleep(1);
}

async function all(index: VectorIndex, space: string, where: Where = {}) {
  const found = [];
  for await (const entry of index.space(space).entries({ where, include: ["metadata", "vector"] })) found.push(entry);
  return found;
}

/** Two collections whose fields lie in the same columns in another order. */
async function twoCollections(store: Store) {
  const books = await withFields(store, "books", { lang: "keyword", year: "number" });
  const songs = await withFields(store, "songs", { seconds: "number", tags: "keyword", artist: "keyword" });
  await books.space("main").add("tea", [1, 0], { lang: "en", year: 1901 });
  await books.space("main").add("Tee", [0, 1], { lang: "de", year: 1950 });
  await songs.space("main").add("tea", [5, 5], { seconds: 180, tags: ["calm", "old"], artist: "A" });
  await songs.space("more").add(7, [6, 5], { seconds: 90, tags: "new", artist: "B" });
  return { books, songs };
}

async function expectContent({ books, songs }: { books: VectorIndex; songs: VectorIndex }) {
  expect(books.spaces()).toEqual(["main"]);
  expect(songs.spaces().sort()).toEqual(["main", "more"]);
  const types = ({ fields }: VectorIndex) =>
    Object.entries(fields).map(([name, { type, state }]) => [name, type, state]);
  expect(types(books)).toEqual([
    ["lang", "keyword", "ready"],
    ["year", "number", "ready"],
  ]);
  expect(types(songs)).toEqual([
    ["seconds", "number", "ready"],
    ["tags", "keyword", "ready"],
    ["artist", "keyword", "ready"],
  ]);
  expect((await all(books, "main", { lang: "de" })).map(({ key }) => key)).toEqual(["Tee"]);
  expect(await books.space("main").count({ where: { year: { $lt: 1940 } } })).toBe(1);
  expect((await all(songs, "main", { tags: "calm", artist: "A" })).map(({ key }) => key)).toEqual(["tea"]);
  expect(await songs.space("main").facets("tags")).toEqual([
    { value: "calm", count: 1 },
    { value: "old", count: 1 },
  ]);
  const near = await songs.search([6, 5], { k: 5, spaces: "all" });
  expect(near.map(({ space, key }) => [space, key])).toEqual([
    ["more", 7],
    ["main", "tea"],
  ]);
  expect(await books.space("main").get("tea")).toEqual(Float32Array.of(1, 0));
}

test("collections of one shape have their own spaces and fields, also after a restart", async () => {
  using folder = new Folder();
  {
    await using store = await openStore(folder.path, { workers: 0 });
    const both = await twoCollections(store);
    await expectContent(both);
    expect(readdirSync(join(folder.path, "groups"))).toHaveLength(1);
    await both.books.flush();
    expect(await both.books.check()).toMatchObject({ ok: true, unreachable: 0 });
  }
  for (const round of ["snapshots", "both"]) {
    await using store = await openStore(folder.path, { workers: 0 });
    const both = { books: await store.open("books"), songs: await store.open("songs") };
    await expectContent(both);
    if (round === "both") await both.songs.space("main").add("more", [1, 1], { artist: "C" });
  }
});

test("what a collection shows names no other one", async () => {
  await using store = await openStore(null, { workers: 0 });
  const { books, songs } = await twoCollections(store);
  const error = await songs
    .space("main")
    .count({ where: { lang: "en" } })
    .catch((error) => error);
  expect([error.code, error.message]).toEqual(["BAD_WHERE", '"lang" is no field; there are seconds, tags, artist.']);
  const shown = JSON.stringify([
    songs.stats(),
    songs.options,
    songs.fields,
    songs.recovery,
    songs.space("main").stats(),
  ]);
  for (const word of ["books", "lang", "year", '"column ']) expect(shown).not.toContain(word);
  expect(songs.stats().spaces.map(({ name, live }) => [name, live])).toEqual([
    ["main", 1],
    ["more", 1],
  ]);
  expect(songs.space("main").stats()?.name).toBe("main");
  expect(await songs.dropSpace("main")).toBe(true);
  expect([songs.spaces(), books.spaces()]).toEqual([["more"], ["main"]]);
  expect(await songs.space("main").count()).toBe(0);
  await songs.space("main").add("again", [1, 1]);
  expect(songs.spaces()).toEqual(["more", "main"]);
});

test("names of spaces are as long as elsewhere", async () => {
  using folder = new Folder();
  const names = ["n".repeat(1024), "\u{1f600}".repeat(256), "\ud800".repeat(512)];
  {
    await using store = await openStore(folder.path, { workers: 0 });
    const { books } = await twoCollections(store);
    for (const name of names) await books.space(name).add(1, [1, 2]);
    expect(() => books.space("n".repeat(1025))).toThrow("at most 1024 bytes");
  }
  await using store = await openStore(folder.path, { workers: 0 });
  const books = await store.open("books");
  expect(books.spaces().sort()).toEqual(["main", ...names].sort());
  for (const name of names) expect(await books.space(name).has(1)).toBe(true);
  const bytes = await books.exportBytes();
  await using copy = await open({ from: bytes, workers: 0 });
  expect(copy.spaces().sort()).toEqual(["main", ...names].sort());
});

describe("a field that is added to a filled collection", () => {
  test("is filled from its own documents, in columns that others use", async () => {
    using folder = new Folder();
    using copy = new Folder();
    await using store = await openStore(folder.path, { workers: 0 });
    const { books, songs } = await twoCollections(store);
    await store.use("books", (index) => index.space("main").updateWhere({}, { tags: ["x", 5], artist: "nobody" }));
    await books.addField("artist", "keyword");
    await books.addField("tags", "keyword");
    await ready(books);
    expect(books.fields).toMatchObject({ artist: { mismatches: 0 }, tags: { mismatches: 2 } });
    expect(await books.space("main").count({ where: { artist: "nobody" } })).toBe(2);
    expect(await songs.space("main").count({ where: { artist: "nobody" } })).toBe(0);
    expect(await songs.space("main").count({ where: { artist: "A" } })).toBe(1);
    // As a crash leaves it: the documents are in the journal, made before the fields.
    await backUpStore(folder.path, join(copy.path, "store"));
    await using opened = await openStore(join(copy.path, "store"), { workers: 0 });
    const again = await opened.open("books");
    await ready(again);
    expect(await again.space("main").count({ where: { artist: "nobody" } })).toBe(2);
    expect(await again.space("main").count({ where: { tags: "x" } })).toBe(0);
    expect(Object.keys(again.fields)).toEqual(["lang", "year", "artist", "tags"]);
  });

  test("takes columns of its type, of which there are as many as one collection needs", async () => {
    using folder = new Folder();
    await using store = await openStore(folder.path, { workers: 0 });
    const names = (type: string, count: number) => Array.from({ length: count }, (_, i) => `${type}${i}`);
    const one = await withFields(store, "one", {});
    for (const name of names("k", 40)) await one.addField(name, "keyword");
    const two = await withFields(store, "two", {});
    for (const name of names("n", 24)) await two.addField(name, "number");
    for (const name of names("k", 40)) await two.addField(name, "keyword");
    for (const name of names("n", 24)) await one.addField(name, "number");
    const three = await withFields(store, "three", {}); // all columns of the first group are taken
    const groups = () => JSON.parse(readFileSync(join(folder.path, "store.json"), "utf8")).groups;
    expect(Object.values<{ fields: string[] }>(groups()).map(({ fields }) => fields.length)).toEqual([64, 0]);
    await three.addField("b", "boolean");
    for (const name of names("d", 63)) await three.addField(name, "date");
    const four = await withFields(store, "four", { first: "date" });
    const error = await one.addField("one more", "keyword").catch((error) => error);
    expect([error.code, error.message]).toEqual(["BAD_OPTION", "An index may have 64 fields."]);
    expect(Object.keys(four.fields)).toEqual(["first"]);
  });

  test("is refused, with what would be right, where no columns are left", async () => {
    await using store = await openStore(null, { workers: 0 });
    const [one, two] = [await withFields(store, "one", {}), await withFields(store, "two", { own: "boolean" })];
    for (let i = 0; i < 63; i++) await one.addField(`k${i}`, "keyword");
    const error = await two.addField("year", "number").catch((error) => error);
    expect(error.code).toBe("BAD_OPTION");
    expect(error.message).toBe(
      'Collections of 2 dimensions and metric "l2" share 64 columns, 1 "boolean", 63 "keyword", and this one uses all of ' +
        'type "number". Add fewer fields of that type, or create another collection: it gets columns that are not shared with this one.',
    );
    expect(Object.keys(two.fields)).toEqual(["own"]);
    await two.addField("lang", "keyword");
    const three = await withFields(store, "three", { year: "number" });
    expect(Object.keys(three.fields)).toEqual(["year"]);
  });
});

test("an export is that of an index with the collection's names and fields", async () => {
  await using store = await openStore(null, { workers: 0, maxOpen: 1 });
  const { books, songs } = await twoCollections(store);
  await books.addField("seen", "date");
  await songs.addField("year", "number");
  await ready(songs);
  // Documents of more than one frame, with values on both sides of where it is cut.
  const long = "x".repeat(100_000);
  const tags = Array.from({ length: 9000 }, (_, i) => `tag ${i}`);
  await songs.space("long").add("a", [1, 2], { seconds: [1, 2, 3], tags, artist: long, year: 5 });
  await songs.space("long").add("b", [2, 1], { artist: null, year: 6 });
  await songs.space("long").addMany(
    Array.from({ length: 1200 }, (_, i) => i),
    Array.from({ length: 1200 }, (_, i) => [i, i % 7]),
    Array.from({ length: 1200 }, (_, i) => ({ seconds: i, artist: `${i % 5}` })),
  );
  await songs.flush();
  for (const index of [books, songs]) {
    await using copy = await open({ from: await index.exportBytes(), workers: 0 });
    expect(copy.spaces().sort()).toEqual(index.spaces().sort());
    expect(Object.entries(copy.fields)).toEqual(Object.entries(index.fields));
    expect(await copy.check()).toMatchObject({ ok: true, unreachable: 0 });
    for (const space of index.spaces()) expect(await all(copy, space)).toEqual(await all(index, space));
  }
  await using copy = await open({ from: songs.export(["long"]), workers: 0 });
  expect(copy.spaces()).toEqual(["long"]);
  for (const where of [{ artist: long }, { tags: "tag 8999" }, { year: 6 }, { seconds: 3 }, { artist: "3" }]) {
    const [theirs, ours] = await Promise.all([copy, songs].map((index) => index.space("long").count({ where })));
    expect(theirs).toBe(ours!);
    expect(theirs).toBeGreaterThan(0);
  }
});

describe("a dropped collection", () => {
  test("leaves the others as they are, and gives its name free", async () => {
    using folder = new Folder();
    await using store = await openStore(folder.path, { workers: 0 });
    const { books, songs } = await twoCollections(store);
    const used = books.stats().bytes.used;
    expect(await store.drop("songs")).toBe(true);
    expect(() => songs.spaces()).toThrow("closed");
    expect(await codeOf(songs.space === undefined ? Promise.resolve() : store.open("songs"))).toBe("NO_COLLECTION");
    await store.create("songs", SHAPE);
    const again = await store.open("songs");
    expect([again.spaces(), Object.keys(again.fields)]).toEqual([[], []]);
    expect(books.spaces()).toEqual(["main"]);
    expect(books.stats().bytes.used).toBe(used);
  });

  test("is gone after a crash that left what was in it", async () => {
    using folder = new Folder();
    const catalog = join(folder.path, "store.json");
    {
      await using store = await openStore(folder.path, { workers: 0 });
      await twoCollections(store);
    }
    const written = JSON.parse(readFileSync(catalog, "utf8"));
    const { number } = written.collections.songs;
    delete written.collections.songs;
    writeFileSync(catalog, JSON.stringify(written));
    {
      await using store = await openStore(folder.path, { workers: 0 });
      const books = await store.open("books");
      expect(books.spaces()).toEqual(["main"]);
      await books.space("main").add(2, [1, 2]);
    }
    // Under its number again, as no store does, nothing of it is there.
    written.collections.other = { ...written.collections.books, number, fields: [] };
    writeFileSync(catalog, JSON.stringify(written));
    await using store = await openStore(folder.path, { workers: 0 });
    expect((await store.open("other")).spaces()).toEqual([]);
    expect((await store.open("books")).space("main").size).toBe(3);
  });
});

test("what only an index of its own can do is refused", async () => {
  using folder = new Folder();
  await using store = await openStore(folder.path, { workers: 0 });
  const { books } = await twoCollections(store);
  expect(() => books.attach()).toThrow("not collections of a store");
  expect(await codeOf(books.backup(join(folder.path, "x")))).toBe("UNSUPPORTED");
  await books.checkpoint();
  await books.close();
  expect(() => books.spaces()).toThrow("closed");
  expect((await store.open("books")).spaces()).toEqual(["main"]);
});

test("a collection that does not share has an index of its own", async () => {
  using folder = new Folder();
  using copy = new Folder();
  await using store = await openStore(folder.path, { workers: 0 });
  await store.create("own", { ...SHAPE, shared: false });
  const { books } = await twoCollections(store);
  const own = await store.open("own");
  await own.addField("lang", "keyword");
  await own.space("main").add("tea", [1, 0], { lang: "en" });
  expect([own.spaces(), books.spaces()]).toEqual([["main"], ["main"]]);
  expect(await codeOf(own.backup(join(copy.path, "own")))).toBe("none");
  expect(await codeOf(store.create("other", { ...SHAPE, shared: "no" as never }))).toBe("BAD_OPTION");
  expect(await store.drop("own")).toBe(true);
  expect(readdirSync(join(folder.path, "collections"))).toEqual([]);
});

test("a store of format 1 is opened; what is created in it shares", async () => {
  using folder = new Folder();
  const fill = async (index: VectorIndex) => {
    await index.addField("lang", "keyword");
    await index.space("main").add("tea", [1, 0], { lang: "en" });
  };
  await formerStore(folder.path, [{ name: "old", ...SHAPE, note: { of: "old" }, fill }], { former: "old" });
  {
    await using store = await openStore(folder.path, { workers: 0 });
    const old = await store.open("former");
    expect(await old.space("main").count({ where: { lang: "en" } })).toBe(1);
    await twoCollections(store);
    expect(readdirSync(join(folder.path, "collections"))).toEqual(["1"]);
  }
  {
    await using store = await openStore(folder.path, { workers: 0 });
    expect(store.info("former")).toMatchObject({ name: "old", note: { of: "old" } });
    expect((await store.open("old")).spaces()).toEqual(["main"]);
    await expectContent({ books: await store.open("books"), songs: await store.open("songs") });
    expect(await store.drop("old")).toBe(true);
    expect(readdirSync(join(folder.path, "collections"))).toEqual([]);
  }
});

test("a catalog whose fields are not in the columns of their types is refused", async () => {
  using folder = new Folder();
  {
    await using store = await openStore(folder.path, { workers: 0 });
    await twoCollections(store);
  }
  const catalog = join(folder.path, "store.json");
  const text = readFileSync(catalog, "utf8");
  type Listed = { number: number; group: number; dimensions: number; fields: (string | number)[][] };
  const changes: ((written: { collections: Record<"books" | "songs", Listed> }) => unknown)[] = [
    ({ collections: { books } }) => books.fields[0]!.splice(2, 1, 1),
    ({ collections: { books } }) => books.fields[0]!.splice(2, 1, 64),
    ({ collections: { songs } }) => songs.fields[2]!.splice(2, 1, songs.fields[1]![2]!),
    ({ collections: { books } }) => books.fields[1]!.splice(0, 1, "lang"),
    ({ collections: { books } }) => Object.assign(books, { dimensions: 3 }),
    ({ collections: { books } }) => Object.assign(books, { group: 77 }),
    ({ collections: { books, songs } }) => Object.assign(books, { number: songs.number }),
  ];
  for (const change of changes) {
    const written = JSON.parse(text);
    change(written);
    writeFileSync(catalog, JSON.stringify(written));
    expect(await codeOf(openStore(folder.path))).toBe("PATH_DAMAGED");
  }
});
