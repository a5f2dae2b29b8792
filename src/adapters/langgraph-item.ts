/* How is an item of LangGraph kept as a document, and what is the item of a document? */
import type { Item } from "@langchain/langgraph-checkpoint";
import { HnswError } from "../index.ts";

export type Value = Record<string, unknown>;

/** The document of an item. Times are milliseconds since 1970. */
export interface Stored {
  /** What fields "value.NAME" read. */
  value: Value;
  /** The value as it was put, where a name with dots made `value` another one. */
  given?: Value;
  createdAt: number;
  updatedAt: number;
}

interface Found {
  key: unknown;
  metadata: unknown;
}

/** `fields`: names of the index's fields. Throws BAD_METADATA. */
export function storedOf(value: Value, fields: Iterable<string>, createdAt: number, updatedAt: number): Stored {
  const nested = withNested(value, fields);
  return { value: nested, ...(nested === value ? {} : { given: value }), createdAt, updatedAt };
}

/** Throws BAD_METADATA for an entry that came by another way. */
export function itemOf(namespace: string[], { key, metadata }: Found): Item {
  if (!isStored(metadata)) {
    const where = `The entry ${JSON.stringify(String(key))} of the space ${JSON.stringify(namespace)}`;
    const cure = "keep other entries in spaces whose names are no JSON arrays, or delete it";
    throw new HnswError("BAD_METADATA", `${where} is no item: it was not put by this store; ${cure}.`);
  }
  const { value, given = value, createdAt, updatedAt } = metadata;
  return { namespace, key: String(key), value: given, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}

function isStored(metadata: unknown): metadata is Stored {
  if (!isObject(metadata)) return false;
  const { value, given, createdAt, updatedAt } = metadata;
  if (typeof createdAt !== "number" || typeof updatedAt !== "number") return false;
  return isObject(value) && (given === undefined || isObject(given));
}

const isObject = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * To a field "value.user.id", a document's property "user.id" is the property "id" of "user". So a value with such a
 * name is kept with its path: `{ "user.id": 7 }` as `{ "user.id": 7, user: { id: 7 } }`. Throws BAD_METADATA where
 * something else is there.
 */
function withNested(value: Value, fields: Iterable<string>): Value {
  let nested = value;
  for (const field of fields) {
    const name = field.slice("value.".length);
    if (!field.startsWith("value.") || !name.includes(".") || !Object.hasOwn(value, name)) continue;
    nested = placed(nested, name.split("."), value[name], name);
  }
  return nested;
}

function placed(value: Value, [first, ...rest]: string[], leaf: unknown, name: string): Value {
  const there = Object.hasOwn(value, first!) ? value[first!] : undefined;
  if (there !== undefined && (rest.length === 0 || !isObject(there))) {
    const clash = `The value has a property ${JSON.stringify(name)} and another one at that path`;
    throw new HnswError("BAD_METADATA", `${clash}, of which the field "value.${name}" can hold one: rename either.`);
  }
  const inner = rest.length === 0 ? leaf : placed((there ?? {}) as Value, rest, leaf, name);
  return { ...value, [first!]: inner };
}
