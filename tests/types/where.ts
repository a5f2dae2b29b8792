/* Does the compiler know filters, patches and results by the documents' type? It fails where an error does not come. */

import type { Entry, Fields, Patch, Where } from "../../src/documents/types.ts";
import type { Key } from "../../src/index.ts";

interface Memory {
  text: string;
  tags: string[];
  kind: "note" | "task";
  createdAt: number;
  done?: boolean;
  user: { id: string; address: { city: string } } | null;
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(_?: T) => {};

export const good: Where<Memory>[] = [
  {},
  { text: "a", createdAt: 5 },
  { tags: "a" },
  { tags: { $in: ["a", "b"], $exists: true }, createdAt: { $gte: 1, $lt: 2 } },
  { kind: { $ne: "note" } },
  { done: true },
  { done: { $eq: false } },
  { done: null },
  { "user.id": "u1" },
  { "user.address.city": { $nin: ["Rome", null] } },
  { $and: [{ text: "a" }, { $or: [{ tags: "b" }, { $not: { kind: "task" } }] }] },
  { createdAt: { $not: { $gt: 5 } } },
];

export const bad: Where<Memory>[] = [
  // @ts-expect-error: no such property
  { colour: "red" },
  // @ts-expect-error: of another type
  { text: 5 },
  // @ts-expect-error: an element of the array is a string
  { tags: { $in: [1] } },
  // @ts-expect-error: no such operator
  { text: { $regex: "a" } },
  // @ts-expect-error: none of the texts that it can be
  { kind: "song" },
  // @ts-expect-error: booleans have no order
  { done: { $gt: false } },
  // @ts-expect-error: a nested property is named by its path
  { user: { id: "u1" } },
  // @ts-expect-error: no such path
  { "user.name": "x" },
  // @ts-expect-error: a list of conditions
  { $and: { text: "a" } },
  // @ts-expect-error: also within others
  { $or: [{ text: 5 }] },
];

export const loose: Where[] = [
  { anything: 5 },
  { "a.b": { $in: ["x"] } },
  { $or: [{ a: 1 }, { b: { $exists: false } }] },
];

export const fields: Fields<Memory>[] = [
  { tags: "keyword", createdAt: "date", done: "boolean", "user.id": "keyword" },
  { createdAt: "number", text: "date" },
  // @ts-expect-error: no such property
  { colour: "keyword" },
  // @ts-expect-error: a number is no keyword
  { createdAt: "keyword" },
  // @ts-expect-error: an object is no field
  { user: "keyword" },
];

export const patches: Patch<Memory>[] = [
  { createdAt: 5 },
  { done: undefined },
  { user: null },
  // @ts-expect-error: of another type
  { createdAt: "5" },
  // @ts-expect-error: no such property
  { colour: "red" },
];

holds<Equal<Entry<string, Memory>["key"], string>>();
holds<Equal<Entry<Key, Memory, undefined, "metadata">["metadata"], Memory | undefined>>();
holds<Equal<Entry<Key, Memory, never, "metadata">["metadata"], Memory>>();
// @ts-expect-error: what was not included is not there
holds<Entry<Key, Memory, never, "metadata">["vector"]>();
