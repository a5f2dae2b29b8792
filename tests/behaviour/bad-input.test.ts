/* Is every bad input refused by its code, with what was wrong and what would be right, before anything changed? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { attach, type HnswErrorCode, open, type Space, type VectorIndex } from "../../src/index.ts";
import { refusalOf } from "../support/indexes.ts";

const GOOD = [1, 2, 3];
const FIELDS = { tag: "keyword", size: "number", at: "date", "user.id": "keyword" } as const;

/** What goes in is wrong on purpose. */
type Wrong = never;
const wrong = (value: unknown) => value as Wrong;
const inline = (value: unknown) => Bun.inspect(value, { compact: true });

interface Bench {
  index: VectorIndex;
  /** Holds the keys "a" and 7. */
  space: Space;
  /** Nothing was ever added to it. */
  empty: Space;
}

interface BadInput {
  what: string;
  code: HnswErrorCode;
  says: RegExp;
  call: (bench: Bench) => unknown;
}

const bad = (what: string, code: HnswErrorCode, says: RegExp, call: BadInput["call"]): BadInput => ({
  ...{ what, code, says, call },
});

/** A vector that is none, and what every call that takes one must say of it. */
const BAD_VECTORS: [what: string, vector: unknown, code: HnswErrorCode, says: RegExp][] = [
  ["too few dimensions", [1, 2], "BAD_DIMENSIONS", /has 2 dimensions, the index has 3/],
  ["too many dimensions", new Float32Array(4), "BAD_DIMENSIONS", /has 4 dimensions, the index has 3/],
  ["an empty array", [], "BAD_DIMENSIONS", /has 0 dimensions, the index has 3/],
  ["NaN", [1, Number.NaN, 3], "NOT_FINITE", /NaN or an infinity at position 1/],
  ["infinity", Float32Array.of(1, 2, Number.POSITIVE_INFINITY), "NOT_FINITE", /NaN or an infinity at position 2/],
  ["minus infinity", [Number.NEGATIVE_INFINITY, 2, 3], "NOT_FINITE", /NaN or an infinity at position 0/],
  ["infinite as a 32-bit float", [1e39, 2, 3], "NOT_FINITE", /infinity at position 0/],
  ["a squared norm above f32", [1e20, 1, 1], "NORM_OVERFLOW", /too long.* squared norm must stay below 2\^124/],
  ["a squared norm that just overflows", [3e18, 3e18, 3e18], "NORM_OVERFLOW", /must stay below 2\^124/],
  ["zero", [0, 0, 0], "ZERO_VECTOR", /is zero.* needs a direction/],
  ["nearly zero", [1e-20, 0, 0], "ZERO_VECTOR", /needs a direction, with a squared norm of at least 1e-30/],
  ["a string", "1,2", "BAD_VECTOR", /must be a typed array or an array of numbers, not string/],
  ["an object", { 0: 1, 1: 2, 2: 3, length: 3 }, "BAD_VECTOR", /array of numbers, not Object/],
  ["null", null, "BAD_VECTOR", /must be a typed array .*, not null/],
  ["undefined", undefined, "BAD_VECTOR", /must be a typed array .*, not undefined/],
  ["a number", 5, "BAD_VECTOR", /must be a typed array .*, not number/],
  ["an array of bigints", BigInt64Array.of(1n, 2n, 3n), "BAD_VECTOR", /must be a typed array .*, not BigInt64Array/],
  ["an ArrayBuffer", new ArrayBuffer(12), "BAD_VECTOR", /must be a typed array .*, not ArrayBuffer/],
  ["a sparse array", new Array(3), "BAD_VECTOR", /holds undefined at position 0, not a number/],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  ["an array with a hole", [1, , 3], "BAD_VECTOR", /holds undefined at position 1, not a number/],
  ["an array with a string", [1, 2, "3"], "BAD_VECTOR", /holds string at position 2, not a number/],
  ["an array with a bigint", [1n, 2, 3], "BAD_VECTOR", /holds bigint at position 0, not a number/],
  ["an array with an array", [1, [2], 3], "BAD_VECTOR", /holds object at position 1, not a number/],
];

const BAD_KEYS: [what: string, key: unknown, says: RegExp][] = [
  ["empty string", "", /must not be the empty string/],
  ["over-long string", "x".repeat(1025), /at most 1024 bytes, this one has 1025/],
  ["a string over-long as UTF-8", "€".repeat(400), /at most 1024 bytes, this one has 1200 bytes/],
  ["over-long bigint", 1n << 9000n, /at most 1024 bytes, this one has 1127 bytes/],
  ["float", 1.5, /must be a safe integer, not 1.5; use a string or a bigint/],
  ["unsafe integer", 2 ** 53, /must be a safe integer, not 9007199254740992/],
  ["NaN", Number.NaN, /must be a safe integer, not NaN/],
  ["infinity", Number.POSITIVE_INFINITY, /must be a safe integer, not Infinity/],
  ["object", {}, /must be a string, a safe integer or a bigint, not object/],
  ["array", ["a"], /must be a string, a safe integer or a bigint, not an array/],
  ["symbol", Symbol("a"), /must be a string, a safe integer or a bigint, not symbol/],
  ["null", null, /must be a string, a safe integer or a bigint, not null/],
  ["undefined", undefined, /must be a string, a safe integer or a bigint, not undefined/],
  ["boolean", true, /must be a string, a safe integer or a bigint, not boolean/],
];

const BAD_SEARCHES: [what: string, options: unknown, code: HnswErrorCode, says: RegExp][] = [
  ["k 0", { k: 0 }, "BAD_K", /`k` must be a positive integer, not 0/],
  ["k below 0", { k: -1 }, "BAD_K", /`k` must be a positive integer, not -1/],
  ["k a float", { k: 2.5 }, "BAD_K", /`k` must be a positive integer, not 2.5/],
  ["k NaN", { k: Number.NaN }, "BAD_K", /`k` must be a positive integer, not NaN/],
  ["k infinite", { k: Number.POSITIVE_INFINITY }, "BAD_K", /`k` must be a positive integer, not Infinity/],
  ["k a string", { k: "10" }, "BAD_K", /`k` must be a positive integer, not "10"/],
  ["k null", { k: null }, "BAD_K", /`k` must be a positive integer, not null/],
  ["k a symbol", { k: Symbol("k") }, "BAD_K", /`k` must be a positive integer, not Symbol\(k\)/],
  ["ef 0", { ef: 0 }, "BAD_OPTION", /`ef` must be a positive integer, not 0/],
  ["ef a float", { ef: 10.5 }, "BAD_OPTION", /`ef` must be a positive integer, not 10.5/],
  ["ef NaN", { ef: Number.NaN }, "BAD_OPTION", /`ef` must be a positive integer, not NaN/],
  ["ef a string", { ef: "64" }, "BAD_OPTION", /`ef` must be a positive integer, not "64"/],
  ["filter an array", { filter: ["a"] }, "BAD_OPTION", /`filter` must be a function on keys/],
  ["filter null", { filter: null }, "BAD_OPTION", /`filter` must be a function on keys/],
  [
    "an unknown option",
    { limit: 3 },
    "BAD_OPTION",
    /`limit` is not an option of search; known are k, ef, recall, where, keys, filter/,
  ],
  ["a misspelt option", { EF: 3 }, "BAD_OPTION", /`EF` is not an option of search; did you mean `ef`\?/],
  ["null for options", null, "BAD_OPTION", /Search options must be an object/],
  ["a number for options", 10, "BAD_OPTION", /Search options must be an object/],
];

const ofVectors = BAD_VECTORS.flatMap(([what, vector, code, says]) => [
  bad(`add: ${what}`, code, says, ({ space }) => space.add("b", wrong(vector))),
  bad(`addMany: ${what}`, code, says, ({ space }) => space.addMany(["b", "c"], wrong([GOOD, vector]))),
  bad(`search: ${what}`, code, says, ({ space }) => space.search(wrong(vector))),
  bad(`search with a filter: ${what}`, code, says, ({ space }) => space.search(wrong(vector), { filter: () => true })),
  bad(`search in an empty space: ${what}`, code, says, ({ empty }) => empty.search(wrong(vector))),
  bad(`searchMany: ${what}`, code, says, ({ space }) => space.searchMany(wrong([GOOD, vector]))),
  bad(`searchMany in an empty space: ${what}`, code, says, ({ empty }) => empty.searchMany(wrong([GOOD, vector]))),
]);

const ofKeys = BAD_KEYS.flatMap(([what, key, says]) => [
  bad(`add: key ${what}`, "BAD_KEY", says, ({ space }) => space.add(wrong(key), GOOD)),
  bad(`addMany: key ${what}`, "BAD_KEY", says, ({ space }) => space.addMany(["b", wrong(key)], [GOOD, GOOD])),
  bad(`delete: key ${what}`, "BAD_KEY", says, ({ space }) => space.delete(wrong(key))),
  bad(`deleteMany: key ${what}`, "BAD_KEY", says, ({ space }) => space.deleteMany(["a", wrong(key)])),
  bad(`has: key ${what}`, "BAD_KEY", says, ({ space }) => space.has(wrong(key))),
  bad(`get: key ${what}`, "BAD_KEY", says, ({ space }) => space.get(wrong(key))),
]);

const ofSearches = BAD_SEARCHES.flatMap(([what, options, code, says]) => [
  bad(`search: ${what}`, code, says, ({ space }) => space.search(GOOD, wrong(options))),
  bad(`search in an empty space: ${what}`, code, says, ({ empty }) => empty.search(GOOD, wrong(options))),
  bad(`searchMany: ${what}`, code, says, ({ space }) => space.searchMany([GOOD], wrong(options))),
]);

const ofMany: BadInput[] = [
  bad("addMany: a key twice", "DUPLICATE_KEY", /key "b" appears twice/, ({ space }) =>
    space.addMany(["b", "c", "b"], [GOOD, GOOD, GOOD]),
  ),
  bad("addMany: 0 and -0", "DUPLICATE_KEY", /key 0 appears twice/, ({ space }) => space.addMany([0, -0], [GOOD, GOOD])),
  bad("addMany: a bigint twice", "DUPLICATE_KEY", /key 5n appears twice/, ({ space }) =>
    space.addMany([5n, 5n], [GOOD, GOOD]),
  ),
  bad("deleteMany: a key twice", "DUPLICATE_KEY", /key 7 appears twice/, ({ space }) => space.deleteMany([7, "a", 7])),
  bad("addMany: more keys", "BAD_VECTOR", /3 keys and 2 vectors/, ({ space }) =>
    space.addMany([1, 2, 3], [GOOD, GOOD]),
  ),
  bad("addMany: fewer keys", "BAD_VECTOR", /1 keys and 2 vectors/, ({ space }) =>
    space.addMany([1], new Float32Array(6).fill(1)),
  ),
  bad("addMany: no multiple", "BAD_DIMENSIONS", /a multiple of 3 numbers, not 7/, ({ space }) =>
    space.addMany([1, 2], new Float32Array(7).fill(1)),
  ),
  bad("addMany: keys not an array", "BAD_KEY", /`keys` must be an array/, ({ space }) =>
    space.addMany(wrong("abc"), [GOOD, GOOD, GOOD]),
  ),
  bad("addMany: a hole in the keys", "BAD_KEY", /not undefined/, ({ space }) =>
    space.addMany(wrong(new Array(2)), [GOOD, GOOD]),
  ),
  bad("addMany: a hole in the vectors", "BAD_VECTOR", /Vector 0 must be a typed array/, ({ space }) =>
    space.addMany([1, 2], wrong(new Array(2))),
  ),
  bad("addMany: no vectors", "BAD_VECTOR", /one typed array of count × dimensions numbers, or an array/, ({ space }) =>
    space.addMany([1], wrong(undefined)),
  ),
  bad(
    "addMany: flat numbers",
    "BAD_VECTOR",
    /A flat array of vectors must be a typed array such as Float32Array, not an array of numbers/,
    ({ space }) => space.addMany([1], wrong(GOOD)),
  ),
  bad("addMany: says which", "NOT_FINITE", /^Vector 1 holds NaN/, ({ space }) =>
    space.addMany([1, 2], [GOOD, [Number.NaN, 1, 1]]),
  ),
  bad("searchMany: says which", "ZERO_VECTOR", /^Query 1 is zero/, ({ space }) => space.searchMany([GOOD, [0, 0, 0]])),
  bad("deleteMany: not an array", "BAD_KEY", /`keys` must be an array/, ({ space }) => space.deleteMany(wrong("a"))),
];

/** Documents, and what every call that takes one says of it. */
const BAD_DOCUMENTS: [what: string, document: unknown, code: HnswErrorCode, says: RegExp][] = [
  ["a function", { a: [() => 1] }, "BAD_METADATA", /`metadata\.a\[0\]` is a function, which JSON drops/],
  ["NaN", { a: { b: Number.NaN } }, "BAD_METADATA", /`metadata\.a\.b` is NaN, which JSON can't say/],
  ["a bigint", { id: 5n }, "BAD_METADATA", /`metadata\.id` is a bigint/],
  ["a date", new Date(), "BAD_METADATA", /`metadata` is a Date, which JSON alters/],
  [
    "a number where a keyword is",
    { tag: 5 },
    "BAD_FIELD",
    /The field "tag" takes a string without lone surrogates, not 5/,
  ],
  ["a text where a number is", { size: "5" }, "BAD_FIELD", /The field "size" takes a finite number, not "5"/],
  ["a list with another type", { tag: ["a", null] }, "BAD_FIELD", /The field "tag" takes .*, not null at position 1/],
  ["a date without a zone", { at: "2026-11-28T10:00" }, "BAD_FIELD", /The field "at" takes .* with its zone/],
  [
    "another type in a nested field",
    { user: { id: true } },
    "BAD_FIELD",
    /The field "user\.id" takes a string.*, not true/,
  ],
  ["too large", { text: "x".repeat(70_000) }, "DOCUMENT_TOO_LARGE", /may take 65536 bytes as JSON.*`maxDocumentBytes`/],
  ["too large as UTF-8", { text: "€".repeat(30_000) }, "DOCUMENT_TOO_LARGE", /this one takes 90011/],
];

const ofDocuments = BAD_DOCUMENTS.flatMap(([what, document, code, says]) => [
  bad(`add: document ${what}`, code, says, ({ space }) => space.add("b", GOOD, document)),
  bad(`add over another: document ${what}`, code, says, ({ space }) => space.add("a", GOOD, document)),
  bad(`add without a vector: document ${what}`, code, says, ({ space }) => space.add("b", null, document)),
  bad(`addMany: document ${what}`, code, new RegExp(`^Document 1: .*${says.source}`), ({ space }) =>
    space.addMany(["b", "c"], [GOOD, GOOD], [{}, document]),
  ),
]);

const BAD_WHERES: [what: string, where: unknown, says: RegExp][] = [
  ["an unknown field", { colour: "red" }, /"colour" is no field; there are tag, size, at, user\.id/],
  ["an unknown operator", { tag: { $regex: "a" } }, /"\$regex" is no operator on the field "tag"; there are \$eq/],
  ["another type", { size: { $in: ["5"] } }, /"size" is compared with a finite number, not with "5"/],
  ["undefined", { tag: undefined }, /not with undefined/],
  ["a text", "tag", /`where` must be an object of conditions, not "tag"/],
];

const ofWheres = BAD_WHERES.flatMap(([what, where, says]) => [
  bad(`search: where ${what}`, "BAD_WHERE", says, ({ space }) => space.search(GOOD, { where: wrong(where) })),
  bad(`search in an empty space: where ${what}`, "BAD_WHERE", says, ({ empty }) =>
    empty.search(GOOD, { where: wrong(where) }),
  ),
  bad(`searchMany: where ${what}`, "BAD_WHERE", says, ({ space }) => space.searchMany([GOOD], { where: wrong(where) })),
  bad(`index.search: where ${what}`, "BAD_WHERE", says, ({ index }) =>
    index.search(GOOD, { spaces: "all", where: wrong(where) }),
  ),
  bad(`count: where ${what}`, "BAD_WHERE", says, ({ space }) => space.count({ where: wrong(where) })),
  bad(`page: where ${what}`, "BAD_WHERE", says, ({ space }) => space.page({ where: wrong(where) })),
  bad(`entries: where ${what}`, "BAD_WHERE", says, ({ space }) => space.entries({ where: wrong(where) }).next()),
  bad(`facets: where ${what}`, "BAD_WHERE", says, ({ space }) => space.facets("tag", { where: wrong(where) })),
  bad(`updateWhere: ${what}`, "BAD_WHERE", says, ({ space }) => space.updateWhere(wrong(where), { size: 5 })),
  bad(`deleteWhere: ${what}`, "BAD_WHERE", says, ({ space }) => space.deleteWhere(wrong(where))),
]);

const ofEntries: BadInput[] = [
  bad("add: neither vector nor document", "BAD_VECTOR", /must be a typed array .*, not null/, ({ space }) =>
    space.add("b", null),
  ),
  bad("addMany: neither vectors nor documents", "BAD_VECTOR", /Vectors must be one typed array/, ({ space }) =>
    space.addMany(["b"], null),
  ),
  bad("addMany: an entry without either", "BAD_VECTOR", /^Document 1: /, ({ space }) =>
    space.addMany(["b", "c"], null, [{ tag: "a" }, undefined]),
  ),
  bad("addMany: fewer documents", "BAD_METADATA", /an array of 2 documents, .* not 1/, ({ space }) =>
    space.addMany(["b", "c"], [GOOD, GOOD], [{}]),
  ),
  bad("addMany: one document for all", "BAD_METADATA", /an array of 1 documents, .* not an object/, ({ space }) =>
    space.addMany(["b"], [GOOD], wrong({})),
  ),
  bad("add: expiresAt a text", "BAD_OPTION", /`expiresAt` must be a `Date` or milliseconds/, ({ space }) =>
    space.add("b", GOOD, {}, { expiresAt: wrong("tomorrow") }),
  ),
  bad("add: expiresAt no date", "BAD_OPTION", /`expiresAt` must be/, ({ space }) =>
    space.add("b", GOOD, {}, { expiresAt: new Date("no") }),
  ),
  bad("add: an unknown option", "BAD_OPTION", /`ttl` is not an option of add/, ({ space }) =>
    space.add("b", GOOD, {}, wrong({ ttl: 5 })),
  ),
  bad("update: no object", "BAD_METADATA", /A patch must be an object of properties/, ({ space }) =>
    space.update("a", wrong([1])),
  ),
  bad("update: another type", "BAD_FIELD", /The field "size" takes a finite number, not "5"/, ({ space }) =>
    space.update("a", { size: "5" }),
  ),
  bad("update: what JSON drops", "BAD_METADATA", /`patch\.a` is a function/, ({ space }) =>
    space.update("a", { a: () => 1 }),
  ),
  bad("update: bad key", "BAD_KEY", /must be a string/, ({ space }) => space.update(wrong({}), {})),
  bad("deleteWhere: nothing said", "BAD_OPTION", /`\{\}` stands for all/, ({ space }) =>
    space.deleteWhere(wrong(undefined)),
  ),
  bad(
    "get: an unknown include",
    "BAD_OPTION",
    /`include` takes "metadata", "vector", "expiresAt", not "text"/,
    ({ space }) => space.get("a", { include: [wrong("text")] }),
  ),
  bad("get: include a text", "BAD_OPTION", /`include` must be an array/, ({ space }) =>
    space.get("a", { include: wrong("metadata") }),
  ),
  bad("get: now a date", "BAD_OPTION", /`now` must be milliseconds since 1970/, ({ space }) =>
    space.get("a", { now: wrong(new Date()) }),
  ),
  bad("getMany: a bad key", "BAD_KEY", /must be a string/, ({ space }) => space.getMany(["a", wrong(null)])),
  bad("getMany: no array", "BAD_KEY", /`keys` must be an array/, ({ space }) => space.getMany(wrong("a"))),
  bad("page: limit 0", "BAD_OPTION", /`limit` must be an integer from 1 to 10000, not 0/, ({ space }) =>
    space.page({ limit: 0 }),
  ),
  bad("page: after nothing", "BAD_OPTION", /`after` must be the `next` of a page/, ({ space }) =>
    space.page({ after: "x" }),
  ),
  bad("page: no such field", "BAD_OPTION", /"color" is no field; there are tag/, ({ space }) =>
    space.page({ orderBy: "color" }),
  ),
  bad("page: descending a text", "BAD_OPTION", /`descending` must be true or false/, ({ space }) =>
    space.page({ descending: wrong("yes") }),
  ),
  bad("facets: no such field", "BAD_OPTION", /"color" is no field/, ({ space }) => space.facets("color")),
  bad("search: keys no array", "BAD_OPTION", /`keys` must be an array/, ({ space }) =>
    space.search(GOOD, { keys: wrong("a") }),
  ),
  bad("search: keys with a bad one", "BAD_KEY", /must be a string/, ({ space }) =>
    space.search(GOOD, { keys: [wrong({})] }),
  ),
  bad("search: filter and where", "BAD_OPTION", /`filter` and `where` exclude each other/, ({ space }) =>
    space.search(GOOD, { filter: () => true, where: {} }),
  ),
  bad("search: explain a text", "BAD_OPTION", /`explain` must be true or false/, ({ space }) =>
    space.search(GOOD, { explain: wrong("yes") }),
  ),
  bad("searchMany: explain", "BAD_OPTION", /`searchMany` does not explain/, ({ space }) =>
    space.searchMany([GOOD], wrong({ explain: true })),
  ),
  bad("index.search: no spaces", "BAD_OPTION", /`spaces` must be "all" or an array of names/, ({ index }) =>
    index.search(GOOD, wrong({ k: 1 })),
  ),
  bad("addField: no type", "BAD_OPTION", /must be one of "keyword"/, ({ index }) =>
    index.addField("color", wrong("text")),
  ),
  bad("addField: there already", "BAD_OPTION", /There is a field "tag" already/, ({ index }) =>
    index.addField("tag", "number"),
  ),
  bad("addField: no name", "BAD_OPTION", /a name is empty/, ({ index }) => index.addField("", "number")),
];

const BAD_NAMES: [what: string, name: unknown, says: RegExp][] = [
  ["empty", "", /A space name must not be the empty string/],
  ["over-long", "s".repeat(2000), /A space name must encode to at most 1024 bytes/],
  ["a number", 5, /A space name must be a string, not number/],
  ["undefined", undefined, /A space name must be a string, not undefined/],
  ["a symbol", Symbol("s"), /A space name must be a string, not symbol/],
];

const ofNames = BAD_NAMES.flatMap(([what, name, says]) => [
  bad(`space: name ${what}`, "BAD_SPACE", says, ({ index }) => index.space(wrong(name))),
  bad(`dropSpace: name ${what}`, "BAD_SPACE", says, ({ index }) => index.dropSpace(wrong(name))),
]);

const ofChecks = [
  bad("check: no such space", "BAD_SPACE", /There is no space "nowhere"/, ({ index }) => index.check("nowhere")),
  ...BAD_NAMES.filter(([, name]) => name !== undefined).map(([what, name, says]) =>
    bad(`check: name ${what}`, "BAD_SPACE", says, ({ index }) => index.check(wrong(name))),
  ),
];

const NO_TICKETS = [undefined, null, 5, "ticket", {}, { kind: "another" }, { kind: "hnsw-workers-ticket" }];

const ofTickets = NO_TICKETS.map((ticket) =>
  bad(`attach: ${inline(ticket)}`, "BAD_OPTION", /`attach` needs the ticket that `index.attach\(\)` returned/, () =>
    attach(wrong(ticket)),
  ),
);

/** Options of `open` beside `dimensions: 3`. */
const BAD_OPTIONS: [options: object, code: HnswErrorCode, says: RegExp][] = [
  [{ dimensions: undefined }, "BAD_OPTION", /`dimensions` is required/],
  [{ dimensions: 0 }, "BAD_OPTION", /`dimensions` must be an integer from 1 to 4096, not 0/],
  [{ dimensions: 4097 }, "BAD_OPTION", /`dimensions` must be an integer from 1 to 4096, not 4097/],
  [{ dimensions: 3.5 }, "BAD_OPTION", /`dimensions` must be an integer from 1 to 4096, not 3.5/],
  [{ dimensions: "3" }, "BAD_OPTION", /`dimensions` must be an integer from 1 to 4096, not "3"/],
  [{ dimensions: Number.NaN }, "BAD_OPTION", /`dimensions` must be an integer .* not NaN/],
  [{ metric: "euclidean" }, "BAD_OPTION", /`metric` must be "cosine" or "l2" or "dot", not "euclidean"/],
  [{ metric: 1 }, "BAD_OPTION", /`metric` must be "cosine" or "l2" or "dot", not 1/],
  [{ workers: -1 }, "BAD_OPTION", /`workers` must be an integer from 0 to 64, not -1/],
  [{ workers: 65 }, "BAD_OPTION", /`workers` must be an integer from 0 to 64, not 65/],
  [{ workers: 1.5 }, "BAD_OPTION", /`workers` must be an integer from 0 to 64, not 1.5/],
  [{ partitions: 0 }, "BAD_OPTION", /`partitions` must be an integer from 1 to 32, not 0/],
  [{ partitions: 33 }, "BAD_OPTION", /`partitions` must be an integer from 1 to 32, not 33/],
  [{ memoryLimit: 1000 }, "BAD_OPTION", /`memoryLimit` must be an integer from 4194304 to \d+, not 1000/],
  [{ memoryLimit: 2 ** 40 }, "BAD_OPTION", /`memoryLimit` must be an integer from 4194304 to \d+, not 1099511627776/],
  [{ M: 3 }, "BAD_OPTION", /`M` must be an integer from 4 to 64, not 3/],
  [{ M: Object.create(null) }, "BAD_OPTION", /`M` must be an integer from 4 to 64, not an object/],
  [{ M: 65 }, "BAD_OPTION", /`M` must be an integer from 4 to 64, not 65/],
  [{ efConstruction: 7 }, "BAD_OPTION", /`efConstruction` must be an integer from 8 to 1024, not 7/],
  [{ ef: 0 }, "BAD_OPTION", /`ef` must be an integer from 1 to 4096, not 0/],
  [{ flatBelow: -1 }, "BAD_OPTION", /`flatBelow` must be an integer from 0 to 1000000, not -1/],
  [{ maxPending: 63 }, "BAD_OPTION", /`maxPending` must be an integer from 64 to 1000000, not 63/],
  [{ maxPending: null }, "BAD_OPTION", /`maxPending` must be an integer from 64 to 1000000, not null/],
  [{ quantization: "always" }, "BAD_OPTION", /`quantization` must be "auto" or "none", not "always"/],
  [{ seed: -1 }, "BAD_OPTION", /`seed` must be an integer from 0 to 4294967295, not -1/],
  [{ seed: 2 ** 32 }, "BAD_OPTION", /`seed` must be an integer from 0 to 4294967295, not 4294967296/],
  [{ timeoutMs: 0 }, "BAD_OPTION", /`timeoutMs` must be an integer from 1 to 2147483647, not 0/],
  [{ onIncident: "log" }, "BAD_OPTION", /`onIncident` must be a function/],
  [{ batching: 5 }, "BAD_OPTION", /`batching` must be an object/],
  [{ batching: { min: 0 } }, "BAD_OPTION", /`batching.min` must be an integer from 1 to 65536, not 0/],
  [{ batching: { min: 600 } }, "BAD_OPTION", /`batching.min` \(600\) must not exceed `max` \(500\)/],
  [{ batching: { lowDepth: 1000 } }, "BAD_OPTION", /`batching.lowDepth` must be below `highDepth`/],
  [{ batching: { size: 5 } }, "BAD_OPTION", /`size` is not an option of batching; known are min, max, lowDepth/],
  [{ stealing: true }, "BAD_OPTION", /`stealing` must be an object/],
  [{ stealing: { enabled: 1 } }, "BAD_OPTION", /`stealing.enabled` must be true or false/],
  [{ stealing: { threshold: -5 } }, "BAD_OPTION", /`stealing.threshold` must be an integer from 0 to 1000000, not -5/],
  [{ stealing: { fraction: 0 } }, "BAD_OPTION", /`stealing.fraction` must be above 0 and at most 1, not 0/],
  [{ stealing: { fraction: 1.1 } }, "BAD_OPTION", /`stealing.fraction` must be above 0 and at most 1, not 1.1/],
  [{ stealing: { latencyMs: 0 } }, "BAD_OPTION", /`stealing.latencyMs` must be an integer from 1 to 60000, not 0/],
  [{ stealing: { treshold: 5 } }, "BAD_OPTION", /`treshold` is not an option of stealing; known are enabled/],
  [{ dims: 3 }, "BAD_OPTION", /`dims` is not an option of open; known are dimensions, metric/],
  [{ efconstruction: 80 }, "BAD_OPTION", /`efconstruction` is not an option of open; did you mean `efConstruction`\?/],
  [{ fields: ["tag"] }, "BAD_OPTION", /`fields` must be an object such as .* not an array/],
  [{ fields: { tag: "text" } }, "BAD_OPTION", /the type of the field "tag" must be one of "keyword", .* not "text"/],
  [{ fields: { $tag: "keyword" } }, "BAD_OPTION", /must not start with "\$"/],
  [{ fields: { "a..b": "keyword" } }, "BAD_OPTION", /"a\.\.b" is no path of a property/],
  [
    { fields: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, "number"])) },
    "BAD_OPTION",
    /An index may have 64 fields, not 65/,
  ],
  [{ metadata: "always" }, "BAD_OPTION", /`metadata` must be "optional" or "required", not "always"/],
  [{ maxDocumentBytes: 1 }, "BAD_OPTION", /`maxDocumentBytes` must be an integer from 2 to 1048576, not 1/],
  [{ zeroVectors: true }, "BAD_OPTION", /`zeroVectors` must be "refuse" or "keep", not true/],
  [{ path: "" }, "BAD_OPTION", /`path` must be a folder's name, not ""/],
  [{ path: 5 }, "BAD_OPTION", /`path` must be a folder's name, not 5/],
  [{ durability: "commit" }, "BAD_OPTION", /`durability` needs `path`: without it the index is in memory only/],
  [{ onDamage: "salvage" }, "BAD_OPTION", /`onDamage` needs `path`/],
  [{ snapshotAfterBytes: 2 ** 28 }, "BAD_OPTION", /`snapshotAfterBytes` needs `path`/],
  [{ path: "./x", durability: "full" }, "BAD_OPTION", /`durability` must be "commit" or "relaxed", not "full"/],
  [{ path: "./x", onDamage: "yes" }, "BAD_OPTION", /`onDamage` must be "refuse" or "salvage", not "yes"/],
  [{ path: "./x", snapshotAfterBytes: 5 }, "BAD_OPTION", /`snapshotAfterBytes` must be an integer from 1048576 to/],
];

const ofOpen = [
  ...BAD_OPTIONS.map(([options, code, says]) =>
    bad(`open: ${inline(options)}`, code, says, () => open(wrong({ dimensions: 3, workers: 0, ...options }))),
  ),
  ...[undefined, null, 384, "vectors"].map((options) =>
    bad(`open(${inline(options)})`, "BAD_OPTION", /open needs an object with at least `dimensions`/, () =>
      open(wrong(options)),
    ),
  ),
];

const TABLE = [
  ...ofDocuments,
  ...ofWheres,
  ...ofEntries,
  ...ofVectors,
  ...ofKeys,
  ...ofSearches,
  ...ofMany,
  ...ofNames,
  ...ofChecks,
  ...ofTickets,
  ...ofOpen,
];

for (const workers of [0, 1]) {
  describe(`with workers: ${workers}`, () => {
    let bench: Bench;

    beforeAll(async () => {
      const index = await open({ dimensions: 3, metric: "cosine", workers, partitions: 1, fields: FIELDS });
      bench = { index, space: index.space("tenant"), empty: index.space("nothing") };
      await bench.space.add("a", GOOD, { tag: "a", size: 1 });
      await bench.space.add(7, [3, 2, 1]);
    });
    afterAll(() => bench.index.close());

    test.each(TABLE.map((entry) => [entry.what, entry] as const))("%s", async (_, { code, says, call }) => {
      const { index, space } = bench;
      const refusal = await refusalOf(() => call(bench));
      expect(refusal.code).toBe(code);
      expect(refusal.message).toMatch(says);
      expect(refusal.name).toBe("HnswError");
      // Nothing changed …
      expect(space.size).toBe(2);
      expect(await space.keys()).toEqual(["a", 7]);
      expect(index.spaces()).toEqual(["tenant"]);
      expect(await space.get("a")).toEqual(Float32Array.from(GOOD));
      expect(await space.get("a", { include: ["metadata"] })).toEqual({ key: "a", metadata: { tag: "a", size: 1 } });
      // … and the index works on.
      expect((await space.search([1, 2, 3.1], { k: 1 })).map((hit) => hit.key)).toEqual(["a"]);
      await space.add("new", [0, 0, 1]);
      expect((await space.search([0, 0, 2], { k: 1 })).map((hit) => hit.key)).toEqual(["new"]);
      expect(await space.delete("new")).toBe(true);
    });
  });
}
