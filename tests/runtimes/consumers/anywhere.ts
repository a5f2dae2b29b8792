/* A program with no types but the language's own and the package's: does it compile, and is what is wrong refused? */
import {
  attach,
  HnswError,
  type Key,
  type OpenOptions,
  open,
  type Settings,
  type Space,
  type VectorIndex,
} from "hnsw-workers";
import * as searching from "hnsw-workers/search";

// ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────────
export const named: OpenOptions[] = [{ dimensions: 3 }, { path: "./vectors" }, { from: new Uint8Array(8) }];
export const mayBeKept = (path: string | undefined): OpenOptions => ({ dimensions: 3, path });
export const passedOn = (options: OpenOptions): Promise<VectorIndex> => open(options);
// @ts-expect-error: nothing knows the dimensions
export const unknown = open({ metric: "l2" });
// @ts-expect-error: an option that does not exist
export const mistyped = open({ dimensions: 3, worker: 2 });
// @ts-expect-error: a path is no module
export const uncompiled = open({ dimensions: 3, core: "./core.wasm" });

/** Names of optional properties that do not take an explicit undefined. */
type Strict<Options> = Options extends unknown
  ? { [Name in keyof Options]-?: { [N in Name]: undefined } extends Pick<Options, Name> ? never : Name }[keyof Options]
  : never;
type Optional<Options> = {
  [Name in keyof Options as object extends Pick<Options, Name> ? Name : never]: Options[Name];
};
type NoneOf<Names extends never> = Names;
type Batching = NonNullable<OpenOptions["batching"]>;
type Stealing = NonNullable<OpenOptions["stealing"]>;
export type EveryOptionTakesUndefined = [
  NoneOf<Strict<Optional<OpenOptions>>>,
  NoneOf<Strict<Batching>>,
  NoneOf<Strict<Stealing>>,
  NoneOf<Strict<import("hnsw-workers").SearchOptions>>,
  NoneOf<Strict<Optional<searching.OpenSearchOptions>>>,
];

/** Names of settings that may be missing. */
type Missing<Of> = { [Name in keyof Of]-?: undefined extends Of[Name] ? Name : never }[keyof Of];
export type EverySettingIsThere = NoneOf<Missing<Settings>>;

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────
export async function keysOfOneType(index: VectorIndex): Promise<string[]> {
  const space = index.space<string>("articles");
  await space.add("a", [1, 0, 0]);
  // @ts-expect-error: keys of this space are strings
  await space.add(1, [1, 0, 0]);
  const hits = await space.search([1, 0, 0], { k: undefined, filter: (key) => key.startsWith("a") });
  const lists = await space.searchMany([[1, 0, 0]]);
  return [...hits, ...lists.flat()].map(({ key }) => key.toUpperCase()).concat(await space.keys());
}

export async function keysOfAnyType(index: VectorIndex): Promise<Key[]> {
  const space = index.space("articles");
  await space.addMany(["a", 1, 1n as bigint], new Float32Array(9));
  const everything: Space = index.space<string>("articles");
  return await everything.keys();
}

// ── stand-ins ───────────────────────────────────────────────────────────────────────────────────────────────────────
/** What a call resolves to depends on its options: a stand-in, which looks at none, returns any. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Anything = any;
async function* noEntries(): AsyncGenerator<Anything, void> {}
const hits = [{ key: 7, distance: 0 }];

export const space: Space<number> = {
  name: "all",
  size: 1,
  add: async () => {},
  addMany: async () => {},
  update: async () => true,
  updateWhere: async () => 1,
  delete: async () => true,
  deleteMany: async (keys) => keys.length,
  deleteWhere: async () => 1,
  has: async () => true,
  get: async (): Promise<Anything> => new Float32Array(3),
  getMany: async (): Promise<Anything> => [{ key: 7 }],
  keys: async () => [7],
  count: async () => 1,
  entries: noEntries,
  page: async (): Promise<Anything> => ({ entries: [], next: null }),
  facets: async () => [{ value: "a", count: 1 }],
  search: async (): Promise<Anything> => hits,
  searchMany: async (): Promise<Anything> => [hits],
  stats: (): Anything => ({ live: 1 }),
  measureRecall: async () => null,
};

export const found: searching.SearchSpace<number> = space;

export const index: Pick<VectorIndex, "space" | "close" | typeof Symbol.asyncDispose> = {
  space: <K extends Key>() => space as Space<Key> as Space<K>,
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

export const opened: searching.SearchIndex = {
  dimensions: 3,
  metric: "cosine",
  spaces: () => ["all"],
  space: <K extends Key>() => space as Space<Key> as Space<K>,
  fields: {},
  search: async (): Promise<Anything> => hits,
  close() {},
};

// ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────────
export async function used(): Promise<number> {
  await using index = await open({ path: "./vectors", onIncident: ({ kind }) => void kind });
  const handle: VectorIndex = attach(index.attach());
  const bytes: Uint8Array = await index.exportBytes(["all"]);
  const disposable: AsyncDisposable = handle;
  await disposable[Symbol.asyncDispose]();
  const copy = await searching.openSearch({ from: bytes, ef: undefined });
  return index.stats().spaces.length + index.options.dimensions + copy.space("all").size;
}

export function codeOf(error: unknown): string {
  const failure: HnswError = new HnswError("TIMEOUT", "too late", { cause: error });
  if (error instanceof searching.HnswError) return error.code satisfies searching.HnswErrorCode;
  return failure.code;
}
