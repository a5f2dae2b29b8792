/*
 * What must hold on every runtime? Plain JavaScript that any of them can run once it is one file (`suiteFolder` of package.ts):
 * `open` is passed in, and what comes back can be written as JSON.
 *
 * Numbers come from a seed and from arithmetic that IEEE 754 fixes to the last bit, so that fingerprints can be compared
 * between engines: no sines, no logarithms.
 */

import { FIELD_TYPES, meant, randomDocument, randomWhere } from "../support/documents.ts";

const SEED = 20_48;
const DIMENSIONS = 10;
/** What the fingerprint is of. */
const FINGERPRINT = { dimensions: DIMENSIONS, metric: "l2", flatBelow: 100, seed: 7, partitions: 2 };
const BUILT = 900;

/**
 * @typedef {(options: any) => Promise<any>} Open
 * @typedef {{ open: Open, openSearch: Open, core?: WebAssembly.Module, workers: number, partitions: number, filters?: number, arriving?: Uint8Array, only?: string }} Kit
 */

/**
 * Runs everything, or one case. `arriving` is an export of another runtime; the value of "arrives" is the digest of what it finds,
 * that of "departs" the digest of what this one finds, and its export in hex.
 * @param {Kit} kit
 */
export async function run(kit) {
  const results = [];
  for (const [name, check] of Object.entries(cases)) {
    if ((name.startsWith("arrives") && !kit.arriving) || (kit.only && kit.only !== name)) continue;
    try {
      const value = await check(kit);
      results.push({ name, ok: true, detail: "", value: value ?? null });
    } catch (error) {
      results.push({ name, ok: false, detail: `seed ${SEED}: ${error?.stack ?? error}`, value: null });
    }
  }
  return results;
}

/** @type {Record<string, (kit: Kit) => Promise<string | undefined | void>>} */
export const cases = {
  "model, exact": (kit) => playModel(kit, 1000),
  "model, graphs": (kit) => playModel(kit, 0),
  "metric cosine": (kit) => searchMetric(kit, "cosine"),
  "metric l2": (kit) => searchMetric(kit, "l2"),
  "metric dot": (kit) => searchMetric(kit, "dot"),
  filter: filtered,
  "documents, flat": (kit) => documented(kit, 1000),
  "documents, graphs": (kit) => documented(kit, 0),
  "random filters, flat": (kit) => filteredAtRandom(kit, 1000),
  "random filters, graphs": (kit) => filteredAtRandom(kit, 100),
  "keys of every kind": everyKey,
  "floats, bit for bit": bitForBit,
  compaction: compacted,
  errors: refused,
  "export and from": travelled,
  "export, damaged": damaged,
  fingerprint,
  departs: async (kit) => {
    const index = await built(kit);
    const digest = await digestOf(index);
    const bytes = await index.exportBytes();
    await index.close();
    return `${digest} ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  },
  arrives: async (kit) => {
    const index = await opened(kit, { dimensions: DIMENSIONS, from: kit.arriving });
    const digest = await digestOf(index);
    await index.close();
    return digest;
  },
  "arrives, to be searched only": async ({ openSearch, core, arriving }) => {
    const index = await openSearch({ from: arriving, ...(core ? { core } : {}) });
    const digest = await digestOf(index);
    const space = index.space("graph");
    equal((await space.keys()).length, space.size, "keys");
    const [key] = await space.keys();
    const vector = await space.get(key);
    equal((await space.search(vector, { k: 1 }))[0].distance, 0, "the distance of what was got");
    const even = await space.search(vector, { k: 7, filter: (key) => typeof key === "number" });
    equal(even.length === 7 && even.every(({ key }) => typeof key === "number"), true, "hits that pass");
    equal(await codeOf(() => space.search([1])), "BAD_DIMENSIONS", "the code");
    equal(
      await codeOf(() => openSearch({ from: arriving.slice(0, 999), ...(core ? { core } : {}) })),
      "EXPORT_DAMAGED",
      "the code",
    );
    for (const { from, at } of flippedBeginnings(arriving)) {
      const code = await codeOf(() => openSearch({ from, ...(core ? { core } : {}) }));
      if (!/^EXPORT_(DAMAGED|FOREIGN)$/.test(code)) throw new Error(`a bit flipped at ${at}: ${code}`);
    }
    equal((await index.space("nowhere").search(vector)).length, 0, "hits of a space that is not there");
    index.close();
    equal(await codeOf(() => space.search(vector)), "CLOSED", "the code after close");
    return digest;
  },
};

/** @param {Kit} kit */
function opened({ open, core, workers, partitions }, options) {
  // With an ef, so that hits do not follow from what was measured by then.
  return open({ workers, partitions, ef: 64, ...(core ? { core } : {}), ...options });
}

// ── documents and filters ───────────────────────────────────────────────────────────────────────────────────────────
const COLORS = ["blue", "Grün", "漢", "a color that is long enough to be kept elsewhere"];
const NOW = 4e12; // the clock that expiry goes by

/** What filters are asked, beside what each means. */
const QUESTIONS = [
  [{}, () => true],
  [{ color: "Grün" }, ({ color }) => color === "Grün"],
  [{ color: { $ne: "blue" } }, ({ color }) => color !== "blue"],
  [{ color: { $gt: "a", $lte: "blue" } }, ({ color }) => color > "a" && color <= "blue"],
  [{ color: { $exists: false } }, ({ color }) => color === undefined],
  [{ size: { $gte: -2, $lt: 3.5 } }, ({ size }) => size >= -2 && size < 3.5],
  [{ tags: { $in: ["t1", "t2"] } }, ({ tags }) => tags.includes("t1") || tags.includes("t2")],
  [{ tags: { $nin: ["t1"] }, done: true }, ({ tags, done }) => !tags.includes("t1") && done],
  [{ "user.id": null }, ({ user }) => user.id === null],
  [{ at: { $lt: "1970-01-01T00:00:10Z" } }, ({ at }) => at < 10_000],
  [{ $or: [{ size: 1 }, { $not: { done: true } }] }, ({ size, done }) => size === 1 || !done],
];

function noteOf(i) {
  const color = COLORS[i % 5]; // or none
  const tags = [`t${i % 3}`, `t${i % 4}`];
  return {
    text: `${i} `.repeat(i % 50),
    ...(color && { color }),
    size: (i % 7) - 2.5,
    tags,
    done: i % 2 === 0,
    at: i * 97,
    user: { id: i % 6 ? `u${i % 6}` : null },
  };
}

/** Adds, changes and deletes entries with documents; each filter finds what it means, here and in an export. */
async function documented(kit, flatBelow) {
  const fields = {
    color: "keyword",
    size: "number",
    tags: "keyword",
    done: "boolean",
    at: "date",
    "user.id": "keyword",
  };
  const index = await opened(kit, { dimensions: DIMENSIONS, metric: "l2", flatBelow, seed: 3, fields });
  const set = clustered(400, SEED);
  const space = index.space("notes");
  const notes = new Map();
  for (let i = 0; i < 300; i++) notes.set(i, noteOf(i));
  await space.addMany([...notes.keys()], set.slice(0, 300), [...notes.values()]);
  await space.add("soon", set[300], noteOf(300), { expiresAt: NOW });
  for (let i = 0; i < 300; i += 9) {
    await space.update(i, { size: 1, color: undefined });
    const { color: _, ...rest } = notes.get(i);
    notes.set(i, { ...rest, size: 1 });
  }
  equal(
    await space.updateWhere({ tags: "t2", done: false }, { done: true }),
    [...notes.values()].filter(({ tags, done }) => tags.includes("t2") && !done).length,
    "updated",
  );
  for (const [i, note] of notes) if (note.tags.includes("t2")) notes.set(i, { ...note, done: true });
  equal(
    await space.deleteWhere({ size: { $lt: -2 } }),
    [...notes.values()].filter(({ size }) => size < -2).length,
    "deleted",
  );
  for (const [i, { size }] of notes) if (size < -2) notes.delete(i);
  await index.flush();
  await answers(space, notes, set[7]);
  const again = await opened(kit, { dimensions: DIMENSIONS, metric: "l2", from: await index.exportBytes() });
  await answers(again.space("notes"), notes, set[7]);
  equal(again.space("notes").size, notes.size + 1, "size with what expires");
  await Promise.all([index.close(), again.close()]);
}

/** Random filters mean the same in every state: of a space that is filled, and of its fields, two of which are there from the start. */
async function filteredAtRandom(kit, flatBelow) {
  const { below } = random(SEED + flatBelow);
  const { tag, size, ...late } = FIELD_TYPES;
  const set = clustered(450, SEED);
  const model = new Map(set.slice(0, 400).map((_, i) => [i, randomDocument(below)]));
  const filters = Array.from({ length: kit.filters ?? 40 }, () => randomWhere(below));
  const shape = { dimensions: DIMENSIONS, metric: "l2" };
  const index = await opened(kit, { ...shape, flatBelow, fields: { tag, size } });
  const space = index.space("notes");
  await space.addMany([...model.keys()], set.slice(0, 400), [...model.values()]);
  for (const [name, type] of Object.entries(late)) await index.addField(name, type);
  await means(space, model, filters, "while columns are built");
  while (Object.values(index.fields).some(({ state }) => state !== "ready")) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await index.flush();
  for (let i = 0; i < 400; i += 3) {
    const patch = randomDocument(below);
    await space.update(i, patch);
    model.set(i, { ...model.get(i), ...patch });
  }
  await means(space, model, filters, "updated, on the tail");
  for (let i = 0; i < 400; i += 2) {
    await space.delete(i);
    model.delete(i);
  }
  await index.flush();
  await means(space, model, filters, "deleted, linked and compacted");
  const from = await index.exportBytes();
  await index.close();
  const again = await opened(kit, { ...shape, from });
  await means(again.space("notes"), model, filters, "exported and imported");
  await again.close();
  const searched = await kit.openSearch({ from, ...(kit.core ? { core: kit.core } : {}) });
  await means(searched.space("notes"), model, filters, "exported, to be searched only");
  searched.close();
}

async function means(space, model, filters, where) {
  const query = clustered(1, SEED + 4)[0];
  for (const filter of filters) {
    const wanted = [...model].filter(([, note]) => meant(filter, note)).map(([key]) => key);
    const what = `${JSON.stringify(filter)}, ${where}`;
    equal(await space.count({ where: filter }), wanted.length, `count ${what}`);
    const found = [];
    for await (const { key } of space.entries({ where: filter })) found.push(key);
    equal(found.sort().join(), wanted.sort().join(), `entries ${what}`);
    const hits = await space.search(query, { where: filter, k: 10 });
    equal(hits.length, Math.min(10, wanted.length), `hits ${what}`);
    equal(
      hits.every(({ key }) => wanted.includes(key)),
      true,
      `hits that match ${what}`,
    );
  }
}

async function answers(space, notes, query) {
  const json = (value) =>
    JSON.stringify(value, (_, at) =>
      at && at.constructor === Object ? Object.fromEntries(Object.entries(at).sort()) : at,
    );
  for (const [where, means] of QUESTIONS) {
    const wanted = [...notes].filter(([, note]) => means(note)).map(([key]) => key);
    const what = JSON.stringify(where);
    equal(await space.count({ where, now: NOW }), wanted.length, `count ${what}`);
    const found = [];
    for await (const { key, metadata } of space.entries({ where, include: ["metadata"], now: NOW })) {
      equal(json(metadata), json(notes.get(key)), `the document of ${key}`);
      found.push(key);
    }
    equal(found.sort().join(), wanted.sort().join(), `entries ${what}`);
    const hits = await space.search(query, { where, k: 10, include: ["metadata"], now: NOW });
    equal(hits.length, Math.min(10, wanted.length), `hits ${what}`);
    for (const { key, metadata } of hits) {
      if (!wanted.includes(key)) throw new Error(`${key} does not match ${what}`);
      equal(json(metadata), json(notes.get(key)), `the document of the hit ${key}`);
    }
  }
  const facets = await space.facets("user.id", { now: NOW });
  equal(
    facets.reduce((sum, { count }) => sum + count, 0),
    [...notes.values()].filter(({ user }) => user.id !== null).length,
    "facets",
  );
  const page = await space.page({ orderBy: "size", descending: true, limit: 5, now: NOW });
  const sizes = [...notes.values()].map(({ size }) => size).sort((a, b) => b - a);
  equal(page.entries.map(({ key }) => notes.get(key).size).join(), sizes.slice(0, 5).join(), "the largest");
  equal(await codeOf(() => space.count({ where: { nothing: 1 } })), "BAD_WHERE", "the code");
}

// ── what an index finds, as one number ──────────────────────────────────────────────────────────────────────────────
/** With up to one worker it is the same everywhere. */
async function fingerprint(kit) {
  const digests = [];
  for (const quantization of ["auto", "none"]) {
    const index = await built(kit, quantization);
    digests.push(await digestOf(index));
    await index.close();
  }
  return digests.join();
}

/** The seeded index that fingerprints are of: added, in part replaced and deleted, flushed. */
export async function built(kit, quantization = "auto") {
  const index = await opened(kit, { ...FINGERPRINT, quantization });
  const set = clustered(BUILT, SEED);
  for (let i = 0; i < BUILT; i++) {
    const key = i % 2 === 0 ? i : `key ${i}`;
    await index.space("graph").add(key, set[i]);
    if (i < 60) await index.space("flat").add(key, set[i]);
  }
  await index.flush();
  const graph = index.space("graph");
  for (let i = 0; i < 60; i++) {
    await graph.add(i * 4, set[BUILT - 1 - i]);
    await graph.delete(`key ${i * 6 + 1}`);
  }
  await index.flush();
  return index;
}

/** A digest of keys and distances, to the last bit. */
export async function digestOf(index) {
  const digest = new Digest();
  for (const name of ["graph", "flat"]) {
    const space = index.space(name);
    digest.text(`${name} ${space.size}`);
    for (const [i, query] of clustered(80, SEED + 1).entries()) {
      // With few candidates the way through the graph decides: another graph gives another digest.
      for (const { key, distance } of await space.search(query, i % 2 === 0 ? { k: 12 } : { k: 3, ef: 3 })) {
        digest.text(`${typeof key} ${key}`);
        digest.word(bitsOf(distance));
      }
    }
  }
  return digest.toString();
}

/** Two lanes of FNV-1a by words. */
class Digest {
  one = 0x811c9dc5;
  other = 0x01234567;

  word(word) {
    this.one = Math.imul(this.one ^ word, 0x01000193);
    this.other = Math.imul((this.other ^ word) + (this.other >>> 15), 0x9e3779b1);
  }

  text(text) {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    this.word(text.length);
  }

  toString() {
    return [this.one, this.other].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

function bitsOf(float) {
  return new Uint32Array(Float32Array.of(float).buffer)[0];
}

// ── the model ───────────────────────────────────────────────────────────────────────────────────────────────────────
/** Any sequence of ops: does the index hold what Maps would, and find what brute force does? */
async function playModel(kit, flatBelow) {
  const index = await opened(kit, { dimensions: DIMENSIONS, metric: "l2", flatBelow, maxPending: 64 });
  const { below } = random(SEED + flatBelow);
  const vectors = clustered(400, SEED);
  const keys = Array.from({ length: 150 }, (_, i) => [i, `key ${i}`, BigInt(i)][i % 3]);
  const models = new Map(["a", "b", "ü"].map((name) => [name, new Map()]));
  const anyOf = (list) => list[below(list.length)];
  let [found, wanted] = [0, 0];
  for (let step = 0; step < 1500; step++) {
    const name = anyOf([...models.keys()]);
    const [space, model] = [index.space(name), models.get(name)];
    const key = anyOf(keys);
    const kind = below(100);
    if (kind < 45) {
      const vector = anyOf(vectors);
      await space.add(key, vector);
      model.set(key, vector);
    } else if (kind < 50) {
      const some = keys.filter(() => below(8) === 0);
      const rows = some.map(() => anyOf(vectors));
      await space.addMany(some, rows);
      for (const [i, one] of some.entries()) model.set(one, rows[i]);
    } else if (kind < 70) equal(await space.delete(key), model.delete(key), `delete in step ${step}`);
    else if (kind < 78) equal(await space.has(key), model.has(key), `has in step ${step}`);
    else if (kind < 96) {
      const query = anyOf(vectors);
      const k = anyOf([1, 5, 20]);
      const hits = await space.search(query, { k });
      const nearest = exact("l2", model, query).slice(0, k);
      honest(hits, "l2", model, query, `step ${step}`);
      equal(hits.length, nearest.length, `hits in step ${step}`);
      wanted += nearest.length;
      found += hits.filter(({ distance }) => distance <= nearest.at(-1) * (1 + 1e-5) + 1e-5).length;
    } else if (kind < 99) await index.flush();
    else {
      equal(await index.dropSpace(name), model.size > 0 || index.spaces().includes(name), `drop in step ${step}`);
      model.clear();
    }
    if (space.size !== model.size) throw new Error(`${space.size} vectors, not ${model.size}, after step ${step}`);
  }
  if (found < wanted * (flatBelow > 0 ? 1 : 0.97)) throw new Error(`${found} of ${wanted} nearest were found`);
  for (const [name, model] of models) await holds(index.space(name), model, name);
  await index.flush();
  for (const [name, model] of models) await holds(index.space(name), model, `${name}, flushed`);
  await sound(index);
  await index.close();
}

// ── one case each ───────────────────────────────────────────────────────────────────────────────────────────────────
async function searchMetric(kit, metric) {
  const index = await opened(kit, { dimensions: DIMENSIONS, metric, flatBelow: 100 });
  const set = clustered(700, SEED);
  for (const [name, count] of /** @type {const} */ ([
    ["graph", 700],
    ["flat", 90],
  ])) {
    const [space, model] = [index.space(name), new Map(set.slice(0, count).entries())];
    await space.addMany([...model.keys()], [...model.values()]);
    let found = 0;
    for (const flushed of [false, true]) {
      if (flushed) await index.flush();
      for (const query of clustered(20, SEED + 2)) {
        const hits = await space.search(query);
        honest(hits, metric, model, query, name);
        const tenth = exact(metric, model, query)[9];
        found += hits.filter(({ distance }) => distance <= tenth + 1e-5 * Math.max(1, Math.abs(tenth))).length;
      }
    }
    if (found < (name === "flat" ? 400 : 380)) throw new Error(`${found} of 400 nearest were found in ${name}`);
    const lists = await space.searchMany(clustered(5, SEED + 2));
    for (const [i, query] of clustered(5, SEED + 2).entries()) {
      equal(text(lists[i]), text(await space.search(query)), `searchMany ${i}`);
    }
  }
  equal(index.stats().spaces.find(({ name }) => name === "graph").kind, "graph", "its kind");
  await sound(index);
  await index.close();
}

async function filtered(kit) {
  const index = await opened(kit, { dimensions: DIMENSIONS, metric: "l2", flatBelow: 100 });
  const set = clustered(600, SEED);
  const model = new Map(set.entries());
  const space = index.space("s");
  await space.addMany([...model.keys()], set);
  await index.flush();
  for (const rare of [2, 7, 150]) {
    const passes = (key) => key % rare === 0;
    const passing = new Map([...model].filter(([key]) => passes(key)));
    for (const query of set.slice(0, 10)) {
      const hits = await space.search(query, { k: 5, filter: passes });
      honest(hits, "l2", passing, query, `every ${rare}th`);
      equal(hits.length, Math.min(5, passing.size), "hits that pass");
    }
  }
  await index.close();
}

async function everyKey(kit) {
  const index = await opened(kit, { dimensions: 1, metric: "l2" });
  const space = index.space("\u{1F600} any name");
  const numbers = [0, 1, -1, 2 ** 31, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const bigints = [0n, 1n, -1n, 2n ** 64n, -(2n ** 200n)];
  const strings = ["0", "é", "日本", "\u{1F600}", "\ud800 alone", "\ufeffmark", "a".repeat(1024), "ß".repeat(300)];
  const keys = [...numbers, ...bigints, ...strings];
  for (const [i, key] of keys.entries()) await space.add(key, [i]);
  const named = (list) => list.map((key) => `${typeof key} ${key}`).join();
  equal(named(await space.keys()), named(keys), "keys");
  for (const [i, key] of keys.entries()) {
    const [hit] = await space.search([i], { k: 1 });
    equal(named([hit.key]), named([key]), "the nearest key");
    equal((await space.get(key))[0], i, `get(${String(key).slice(0, 20)})`);
  }
  equal(named(index.spaces()), named([space.name]), "spaces");
  await index.close();
}

async function bitForBit(kit) {
  const bits = [0x80000000, 1, 0x007fffff, 0x3f800001, 0xbf7fffff, 0x00800000, 0x5c000000, 0x3eaaaaab];
  const vector = new Float32Array(Uint32Array.from(bits).buffer);
  for (const metric of ["l2", "cosine", "dot"]) {
    const index = await opened(kit, { dimensions: bits.length, metric });
    await index.space("s").add("k", vector);
    const got = await index.space("s").get("k");
    equal([...new Uint32Array(got.buffer, got.byteOffset, got.length)].join(), bits.join(), `bits under ${metric}`);
    await index.close();
  }
}

async function compacted(kit) {
  const index = await opened(kit, { dimensions: DIMENSIONS, metric: "l2", flatBelow: 100 });
  const set = clustered(1500, SEED);
  const model = new Map(set.entries());
  const space = index.space("s");
  await space.addMany([...model.keys()], set);
  await index.flush();
  for (let key = 0; key < 1300; key++) {
    await space.delete(key);
    model.delete(key);
  }
  // Until another compaction does not follow: of fewer than 64 dead slots, or of at most a fifth, none is made.
  const settled = ({ compactions, pending, live, dead }) =>
    compactions > 0 && pending === 0 && (dead < 64 || 5 * dead <= live + dead);
  for (let tries = 0; !settled(index.stats().spaces[0]); tries++) {
    if (tries === 20_000) {
      const { spaces, workers } = index.stats();
      throw new Error(`a space of which most is dead is never compacted: ${JSON.stringify({ spaces, workers })}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 0)); // without workers it is done between two turns
    await index.flush();
  }
  await holds(space, model, "compacted");
  for (const query of clustered(10, SEED + 3)) honest(await space.search(query), "l2", model, query, "compacted");
  await sound(index);
  const { spaces, bytes, workers, journal } = index.stats();
  equal([spaces.length, spaces[0].live, spaces[0].pending, journal].join(), "1,200,0,", "stats");
  equal(bytes.used > 0 && bytes.used <= bytes.reserved && workers.length >= 1, true, "bytes and workers");
  await index.close();
}

async function refused(kit) {
  const index = await opened(kit, { dimensions: 3 });
  const space = index.space("s");
  const calls = {
    BAD_OPTION: () => opened(kit, { dimensions: 3, metric: "near" }),
    BAD_DIMENSIONS: () => space.add("k", [1, 2]),
    BAD_VECTOR: () => space.add("k", "123"),
    NOT_FINITE: () => space.add("k", [1, Number.NaN, 0]),
    NORM_OVERFLOW: () => space.add("k", [1e30, 1e30, 0]),
    ZERO_VECTOR: () => space.add("k", [0, 0, 0]),
    BAD_KEY: () => space.add("", [1, 0, 0]),
    DUPLICATE_KEY: () => space.addMany(["a", "a"], new Float32Array(6).fill(1)),
    BAD_SPACE: () => index.space(""),
    BAD_K: () => space.search([1, 0, 0], { k: 0 }),
    OUT_OF_MEMORY: async () => {
      const small = await opened(kit, { dimensions: 512, partitions: 1, memoryLimit: 2 ** 21 });
      try {
        await small.space("s").addMany(
          Array.from({ length: 2000 }, (_, i) => i),
          new Float32Array(2000 * 512).fill(1),
        );
      } finally {
        await small.close();
      }
    },
    EXPORT_FOREIGN: () => opened(kit, { dimensions: 3, from: new Uint8Array(64) }),
    EXPORT_DAMAGED: () => opened(kit, { dimensions: 3, from: new Uint8Array(0) }),
  };
  for (const [code, call] of Object.entries(calls)) equal(await codeOf(call), code, "the code");
  equal(space.size, 0, "what was refused, counted");
  await index.close();
  equal(await codeOf(() => space.add("k", [1, 0, 0])), "CLOSED", "the code after close");
}

async function travelled(kit) {
  const index = await built(kit);
  const digest = await digestOf(index);
  const bytes = await index.exportBytes();
  const stream = new Response(index.export()).body;
  for (const from of [bytes, bytes.buffer, new Blob([bytes]), new Response(bytes), stream]) {
    const again = await opened(kit, { dimensions: DIMENSIONS, from });
    equal(await digestOf(again), digest, "hits of what was started from an export");
    await again.space("graph").add("more", clustered(1, 5)[0]);
    equal((await again.space("graph").search(clustered(1, 5)[0], { k: 1 }))[0].key, "more", "the nearest");
    await sound(again);
    await again.close();
  }
  const some = await opened(kit, { dimensions: DIMENSIONS, from: await index.exportBytes(["flat"]) });
  equal(some.spaces().join(), "flat", "spaces of an export of one");
  await some.close();
  equal(await codeOf(() => opened(kit, { dimensions: 9, from: bytes })), "EXPORT_FOREIGN", "other dimensions");
  await index.close();
}

/** Bits of an export's first frame: its length and kind, and what the index is made with. */
function* flippedBeginnings(bytes) {
  for (const word of [0, 4, 20, 24, 28, 32]) {
    for (let bit = 0; bit < 32; bit += 5) {
      const at = 16 + word + (bit >> 3);
      const from = bytes.slice();
      from[at] ^= 1 << (bit & 7);
      yield { from, at };
    }
  }
}

async function damaged(kit) {
  const index = await built(kit);
  const bytes = await index.exportBytes();
  await index.close();
  const { below } = random(SEED);
  for (let i = 0; i < 12; i++) {
    const cut = bytes.slice(0, below(bytes.length));
    equal(await codeOf(() => opened(kit, { dimensions: DIMENSIONS, from: cut })), "EXPORT_DAMAGED", "cut off");
    const flipped = bytes.slice();
    const at = 16 + below(bytes.length - 16);
    flipped[at] ^= 1 << below(8);
    const code = await codeOf(() => opened(kit, { dimensions: DIMENSIONS, from: flipped }));
    if (!/^EXPORT_(DAMAGED|FOREIGN)$/.test(code)) throw new Error(`a bit flipped at ${at}: ${code}`);
  }
  for (const { from, at } of flippedBeginnings(bytes)) {
    const code = await codeOf(() => opened(kit, { dimensions: DIMENSIONS, from }));
    if (!/^EXPORT_(DAMAGED|FOREIGN)$/.test(code)) throw new Error(`a bit flipped at ${at}: ${code}`);
  }
}

// ── exact results and data ──────────────────────────────────────────────────────────────────────────────────────────
function trueDistance(metric, a, b) {
  let [product, squaresA, squaresB, apart] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    squaresA += a[i] * a[i];
    squaresB += b[i] * b[i];
    apart += (a[i] - b[i]) ** 2;
  }
  if (metric === "l2") return apart;
  return 1 - (metric === "dot" ? product : product / Math.sqrt(squaresA * squaresB));
}

function exact(metric, model, query) {
  return Array.from(model.values(), (vector) => trueDistance(metric, vector, query)).sort((a, b) => a - b);
}

/** Throws unless the hits are there, each once, with their true distances, nearest first. */
function honest(hits, metric, model, query, where) {
  equal(new Set(hits.map(({ key }) => key)).size, hits.length, `different keys, ${where}`);
  for (const [i, { key, distance }] of hits.entries()) {
    if (!model.has(key)) throw new Error(`the hit ${String(key)} is not there, ${where}`);
    const wanted = trueDistance(metric, model.get(key), query);
    if (Math.abs(distance - wanted) > 1e-5 * Math.max(1, Math.abs(wanted))) {
      throw new Error(`${String(key)} is at ${wanted}, not ${distance}, ${where}`);
    }
    if (i > 0 && distance < hits[i - 1].distance) throw new Error(`hits are not in order, ${where}`);
  }
}

async function holds(space, model, where) {
  equal(space.size, model.size, `size of ${where}`);
  const keys = await space.keys();
  equal(keys.length === model.size && keys.every((key) => model.has(key)), true, `keys of ${where}`);
  for (const [key, vector] of model) equal(text(await space.get(key)), text(vector), `get(${String(key)}) of ${where}`);
}

async function sound(index) {
  const { ok, problems } = await index.check();
  if (!ok) throw new Error(`not sound: ${problems.join("; ")}`);
}

/** @returns {Promise<string>} the `code` of what a call throws or rejects with */
async function codeOf(call) {
  try {
    await call();
    return "nothing was thrown";
  } catch (error) {
    return error.name === "HnswError" ? error.code : `not an HnswError: ${error?.stack ?? error}`;
  }
}

function text(value) {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Float32Array ? [...part] : part;
  });
}

function equal(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${String(got).slice(0, 300)}, not ${String(wanted).slice(0, 300)}`);
}

/** mulberry32 (T. Ettinger, public domain). */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (bound) => Math.floor(next() * bound) };
}

/** Vectors in 20 clusters, in random order. */
function clustered(count, seed) {
  const { next, below } = random(seed);
  const centres = random(SEED).next;
  const middles = Array.from({ length: 20 }, () => Array.from({ length: DIMENSIONS }, () => centres() * 2 - 1));
  return Array.from({ length: count }, () => {
    const middle = middles[below(20)];
    return Float32Array.from(middle, (value) => value + (next() + next() - 1) * 0.4);
  });
}
