/*
 * Which documents does a filter of Mastra match? Said twice: as a `Where`, as far as fields and their operators go, and
 * by looking at a document. Both say the same: a list matches when one of its elements does; what is missing equals null.
 */
import type { FieldType, Where } from "../index.ts";
import type { Condition, Scalar, Test } from "./metadata-filter.ts";

/** Everything that `rest` does not look at is in `where`. */
export interface Split {
  where: Where | undefined;
  rest: Condition | null;
}

/** Of conditions that must all hold, those on fields go into the `where`. */
export function split(condition: Condition, fields: ReadonlyMap<string, FieldType>): Split {
  const parts = condition.is === "and" ? condition.of : [condition];
  const wheres: Where[] = [];
  const rest: Condition[] = [];
  for (const part of parts) {
    const where = whereOf(part, fields);
    if (where === null) rest.push(part);
    else wheres.push(where);
  }
  return {
    where: wheres.length === 0 ? undefined : { $and: wheres },
    rest: rest.length === 0 ? null : { is: "and", of: rest },
  };
}

/** Null: a `where` can't say it. */
function whereOf(condition: Condition, fields: ReadonlyMap<string, FieldType>): Where | null {
  if (condition.is === "test") return whereOfTest(condition, fields.get(condition.path));
  if (condition.is === "not") {
    const inner = whereOf(condition.of, fields);
    return inner === null ? null : { $not: inner };
  }
  if (condition.of.length === 0) return condition.is === "and" ? {} : null;
  const parts = condition.of.map((one) => whereOf(one, fields));
  if (parts.some((part) => part === null)) return null;
  return condition.is === "and" ? { $and: parts as Where[] } : { $or: parts as Where[] };
}

function whereOfTest(test: Test, type: FieldType | undefined): Where | null {
  if (type === undefined) return null;
  const { path } = test;
  const equal = (value: Scalar | null): Where | null => {
    if (value === null) return { $or: [{ [path]: null }, { [path]: { $exists: false } }] };
    return fits(type, value) ? { [path]: { $eq: value } } : null;
  };
  switch (test.operator) {
    case "eq":
      return equal(test.value);
    case "in":
    case "all": {
      if (test.values.length === 0) return null;
      const parts = test.values.map(equal);
      if (parts.some((part) => part === null)) return null;
      return test.operator === "in" ? { $or: parts as Where[] } : { $and: parts as Where[] };
    }
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return type !== "boolean" && fits(type, test.value) ? { [path]: { [`$${test.operator}`]: test.value } } : null;
    case "exists":
      return { [path]: { $exists: true } };
    default:
      return null;
  }
}

function fits(type: FieldType, value: Scalar): boolean {
  switch (type) {
    case "keyword":
      return typeof value === "string" && value.isWellFormed();
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return typeof value === "number" || (typeof value === "string" && ISO_TIME.test(value));
  }
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;

/** By looking at the document; `fields` for their dates, which may be written in several ways. */
export function matches(condition: Condition, document: unknown, fields: ReadonlyMap<string, FieldType>): boolean {
  switch (condition.is) {
    case "and":
      return condition.of.every((one) => matches(one, document, fields));
    case "or":
      return condition.of.some((one) => matches(one, document, fields));
    case "not":
      return !matches(condition.of, document, fields);
    case "test": {
      const read = fields.get(condition.path) === "date" ? instantOf : (value: unknown) => value;
      return passes(condition, valueAt(document, condition.path), read);
    }
  }
}

/** Milliseconds since 1970 of what says a time; other values as they are. */
function instantOf(value: unknown): unknown {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? value : time;
}

/** Undefined: there is none. */
function valueAt(document: unknown, path: string): unknown {
  if (path === "") return document; // an element of a list
  let at = document;
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function passes(test: Test, value: unknown, read: (value: unknown) => unknown): boolean {
  const elements = (Array.isArray(value) ? value : [value ?? null]).map(read);
  const has = (wanted: Scalar | null) => elements.includes(read(wanted));
  switch (test.operator) {
    case "eq":
      return has(test.value);
    case "in":
      return test.values.some(has);
    case "all":
      return test.values.length > 0 && test.values.every(has);
    case "exists":
      return value !== undefined;
    case "size":
      return Array.isArray(value) && value.length === test.value;
    case "contains":
      if (Array.isArray(value)) return has(test.value);
      return typeof value === "string" && typeof test.value === "string" && value.includes(test.value);
    case "regex":
      return elements.some((one) => typeof one === "string" && test.pattern.test(one));
    case "element":
      return Array.isArray(value) && value.some((one) => matches(test.condition, one, NO_FIELDS));
    default:
      return elements.some((one) => isOrdered(one, test.operator, read(test.value)));
  }
}

const NO_FIELDS: ReadonlyMap<string, FieldType> = new Map();

function isOrdered(value: unknown, operator: "gt" | "gte" | "lt" | "lte", bound: unknown): boolean {
  let order: number;
  if (typeof value === "number" && typeof bound === "number") order = value - bound;
  else if (typeof value === "string" && typeof bound === "string") order = compareText(value, bound);
  else return false;
  if (order === 0) return operator.endsWith("e");
  return operator.startsWith("g") ? order > 0 : order < 0;
}

/** By code points, as the index orders texts: halves of pairs come after all other units. */
function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  const rank = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
  for (let i = 0; i < end; i++) {
    if (a[i] !== b[i]) return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
  }
  return a.length - b.length;
}
