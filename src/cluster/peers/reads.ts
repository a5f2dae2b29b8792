/* Which reads of a space can one member do for another, and what may come back? */
import type { Space } from "../../api/space.ts";
import { isCount, Malformed } from "../ops/byte-reader.ts";

type AnySpace = Space;

interface Read {
  run(space: AnySpace, args: readonly unknown[]): Promise<unknown>;
  /** Throws Malformed for what the call can't have resolved to. */
  check(value: unknown, dimensions: number): void;
}

/** By name, with the arguments of the method; the reader's own options, such as `freshness`, are left out. */
export const READS = {
  has: {
    run: (space, [key]) => space.has(key as never),
    check: (value) => expect(typeof value === "boolean"),
  },
  get: {
    run: (space, [key, options]) =>
      options === undefined ? space.get(key as never) : space.get(key as never, options as never),
    check: (value, dimensions) => {
      if (value instanceof Float32Array) expect(value.length === dimensions);
      else if (value !== undefined) checkEntry(value, dimensions);
    },
  },
  getMany: {
    run: (space, [keys, options]) => space.getMany(keys as never, options as never),
    check: (value, dimensions) =>
      listOf(value).forEach((one) => {
        if (one !== undefined) checkEntry(one, dimensions);
      }),
  },
  keys: {
    run: (space) => space.keys(),
    check: (value) => expect(listOf(value).every(isKey)),
  },
  count: {
    run: (space, [options]) => space.count(options as never),
    check: (value) => expect(isCount(value)),
  },
  page: {
    run: (space, [options]) => space.page(options as never),
    check: (value, dimensions) => {
      const { entries, next } = recordOf(value);
      for (const one of listOf(entries)) checkEntry(one, dimensions);
      expect(next === null || typeof next === "string");
    },
  },
  /** What `entries` goes through. */
  entryKeys: {
    run: async (space, [options]) => {
      const keys: unknown[] = [];
      for await (const { key } of space.entries(options as never)) keys.push(key);
      return keys;
    },
    check: (value) => expect(listOf(value).every(isKey)),
  },
  facets: {
    run: (space, [field, options]) => space.facets(field as never, options as never),
    check: (value) => {
      for (const one of listOf(value)) {
        const facet = recordOf(one);
        expect(["string", "number", "boolean"].includes(typeof facet.value) && isCount(facet.count));
      }
    },
  },
  search: {
    run: (space, [query, options]) => space.search(query as never, options as never),
    check: (value, dimensions) => {
      if (Array.isArray(value)) return checkHits(value, dimensions);
      const { hits, explain } = recordOf(value);
      checkHits(hits, dimensions);
      const { way, matches, visited } = recordOf(explain);
      expect((way === "exact" || way === "graph") && isCount(matches) && isCount(visited));
    },
  },
  searchMany: {
    run: (space, [queries, options]) => space.searchMany(queries as never, options as never),
    check: (value, dimensions) => {
      for (const hits of listOf(value)) checkHits(hits, dimensions);
    },
  },
} as const satisfies Record<string, Read>;

export type ReadName = keyof typeof READS;

export function isReadName(name: string): name is ReadName {
  return Object.hasOwn(READS, name);
}

/** Throws Malformed. */
export function checkSpaceHits(value: unknown, dimensions: number): asserts value is { space: string }[] {
  checkHits(value, dimensions);
  expect(listOf(value).every((hit) => typeof recordOf(hit).space === "string"));
}

function checkHits(value: unknown, dimensions: number): void {
  for (const hit of listOf(value)) {
    checkEntry(hit, dimensions);
    expect(typeof recordOf(hit).distance === "number");
  }
}

function checkEntry(value: unknown, dimensions: number): void {
  const { key, vector, expiresAt } = recordOf(value);
  expect(isKey(key));
  expect(vector === undefined || (vector instanceof Float32Array && vector.length === dimensions));
  expect(expiresAt === undefined || typeof expiresAt === "number");
}

function isKey(value: unknown): boolean {
  return Number.isSafeInteger(value) || typeof value === "bigint" || (typeof value === "string" && value !== "");
}

export function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Malformed("it is no list");
  return value;
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Malformed("it is no object");
  return value as Record<string, unknown>;
}

function expect(isTrue: boolean): void {
  if (!isTrue) throw new Malformed("it is not what the call resolves to");
}
