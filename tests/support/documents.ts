/*
 * Which documents and filters do tests use, and what does a filter mean? Random ones from a seed, and a naive reading in plain
 * JavaScript. It imports nothing, so it runs on every runtime.
 */
import type { FieldType } from "../../src/documents/fields.ts";
import type { Json } from "../../src/documents/json.ts";

/** The fields of the random documents; each may be missing, null or a list. */
export const FIELD_TYPES = {
  tag: "keyword",
  size: "number",
  done: "boolean",
  at: "date",
  "user.id": "keyword",
} as const;
export type FieldName = keyof typeof FIELD_TYPES;
export const FIELD_NAMES = Object.keys(FIELD_TYPES) as FieldName[];

/** What fields hold and are compared with: few values, so that many are equal. */
export const SCALARS = {
  keyword: [
    "",
    "a",
    "aa",
    "ab",
    "b",
    "zebra",
    "Ä",
    "é",
    "漢字",
    "\ue000",
    "\u{10000}",
    "long enough to be kept elsewhere",
  ],
  number: [0, -0, 1, 1.5, 2, 7, -1, -3, 0.5, 1e300, -1e-300],
  boolean: [true, false],
  date: [0, 1000, -5000, "1970-01-01T00:00:01Z", "1969-12-31T23:59:59.999Z", "2024-06-30T12:00:00.000Z", "2026-11-28"],
} as const satisfies Record<FieldType, readonly Json[]>;

export type Document = { [name: string]: Json };
/** A whole number from 0 to under `bound`. */
export type Below = (bound: number) => number;

// ── random ones ─────────────────────────────────────────────────────────────────────────────────────────────────────
const anyOf = <T>(below: Below, from: readonly T[]): T => from[below(from.length)]!;
const several = <T>(below: Below, least: number, most: number, make: () => T): T[] =>
  Array.from({ length: least + below(most - least + 1) }, make);
const scalarOf = (below: Below, name: FieldName): Json => anyOf<Json>(below, SCALARS[FIELD_TYPES[name]]);

function valueAt(below: Below, name: FieldName): Json | undefined {
  const how = below(10);
  if (how < 2) return undefined;
  if (how === 2) return null;
  return how < 5 ? several(below, 0, 3, () => scalarOf(below, name)) : scalarOf(below, name);
}

export function randomDocument(below: Below): Document {
  const document: Document = { text: `text ${below(1000)}` };
  for (const name of FIELD_NAMES) {
    const value = valueAt(below, name);
    if (value === undefined) continue;
    if (name === "user.id") document.user = { id: value };
    else document[name] = value;
  }
  return document;
}

function randomOperators(below: Below, name: FieldName): Document {
  const one = () => scalarOf(below, name);
  const oneOrNull = () => (below(10) === 0 ? null : one());
  const operators: (() => Document)[] = [
    () => ({ $eq: oneOrNull() }),
    () => ({ $ne: oneOrNull() }),
    () => ({ $in: several(below, 0, 5, oneOrNull) }),
    () => ({ $nin: several(below, 0, 5, oneOrNull) }),
    () => ({ $exists: below(2) === 0 }),
    () => ({ $not: randomOperators(below, name) }),
  ];
  if (FIELD_TYPES[name] !== "boolean") {
    operators.push(
      () => ({ $gt: one() }),
      () => ({ $lte: one() }),
      () => ({ $gte: one(), $lt: one() }),
      () => ({ $gt: one(), $lte: one() }),
    );
  }
  return anyOf(below, operators)();
}

/** Conditions on one field or two, or up to three levels of others around them. */
export function randomWhere(below: Below, depth = 0): Document {
  const how = depth > 2 ? 9 : below(10);
  const some = () => several(below, 1, 3, () => randomWhere(below, depth + 1));
  if (how === 0) return { $and: some() };
  if (how < 3) return { $or: some() };
  if (how === 3) return { $not: randomWhere(below, depth + 1) };
  const names = several(below, 1, 2, () => anyOf(below, FIELD_NAMES));
  const asked = (name: FieldName) => (below(4) === 0 ? scalarOf(below, name) : randomOperators(below, name));
  return Object.fromEntries(names.map((name) => [name, asked(name)]));
}

// ── what a filter means ─────────────────────────────────────────────────────────────────────────────────────────────
/** Whether a document is one that the filter asks for. */
export function meant(where: Document, document: Document): boolean {
  return Object.entries(where).every(([name, asked]) => {
    if (name === "$and") return (asked as Document[]).every((one) => meant(one, document));
    if (name === "$or") return (asked as Document[]).some((one) => meant(one, document));
    if (name === "$not") return !meant(asked as Document, document);
    const found = name
      .split(".")
      .reduce<Json | undefined>((at, part) => (at as Document | undefined)?.[part], document);
    return asks(asked!, found, FIELD_TYPES[name as FieldName]);
  });
}

function asks(asked: Json, found: Json | undefined, type: FieldType): boolean {
  if (asked === null || typeof asked !== "object") return equals(found, asked, type);
  const operators = asked as Document;
  const bounds = ["$gt", "$gte", "$lt", "$lte"].filter((name) => name in operators);
  const isInRange =
    bounds.length === 0 ||
    listOf(found).some((one) => bounds.every((name) => isBounded(name, one, operators[name]!, type)));
  return (
    isInRange &&
    Object.entries(operators).every(([name, value]) => {
      if (name === "$eq") return equals(found, value, type);
      if (name === "$ne") return !equals(found, value, type);
      if (name === "$in") return (value as Json[]).some((one) => equals(found, one, type));
      if (name === "$nin") return !(value as Json[]).some((one) => equals(found, one, type));
      if (name === "$exists") return (found !== undefined) === value;
      return name !== "$not" || !asks(value, found, type);
    })
  );
}

function equals(found: Json | undefined, wanted: Json, type: FieldType): boolean {
  if (wanted === null) return found === null;
  return listOf(found).some((one) => plain(one, type) === plain(wanted, type));
}

/** What there is to compare: the elements of a list, nothing where there is nothing. */
function listOf(found: Json | undefined): Json[] {
  return found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
}

function isBounded(operator: string, found: Json, bound: Json, type: FieldType): boolean {
  const order = orderOf(plain(found, type), plain(bound, type));
  if (order === 0) return operator.endsWith("e");
  return operator.startsWith("$g") ? order > 0 : order < 0;
}

/** Texts by code points, all else as numbers. */
function orderOf(a: Json, b: Json): number {
  if (typeof a !== "string" || typeof b !== "string") return Number(a) - Number(b);
  const [x, y] = [a, b].map((text) => Array.from(text, (point) => point.codePointAt(0)!)) as [number[], number[]];
  const at = x.findIndex((point, i) => point !== y[i]);
  if (at < 0) return x.length - y.length;
  return at < y.length ? x[at]! - y[at]! : 1;
}

function plain(value: Json, type: FieldType): Json {
  return type === "date" && typeof value === "string" ? new Date(value).getTime() : value;
}
