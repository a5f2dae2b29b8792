/* What does a filter of Mastra ask? It is read into a small tree; everything that is refused is refused here. */
import { HnswError } from "../index.ts";

/** What is asked of one property; `path` leads to it. */
export type Test = { is: "test"; path: string } & (
  | { operator: "eq"; value: Scalar | null }
  | { operator: "in" | "all"; values: (Scalar | null)[] }
  | { operator: "gt" | "gte" | "lt" | "lte"; value: string | number }
  | { operator: "exists" }
  | { operator: "size"; value: number }
  | { operator: "contains"; value: string | number | boolean }
  | { operator: "regex"; pattern: RegExp }
  | { operator: "element"; condition: Condition }
);

export type Condition = Test | { is: "and" | "or"; of: Condition[] } | { is: "not"; of: Condition };

/** Dates are ISO strings, as in documents. */
export type Scalar = string | number | boolean;

export const EVERYTHING: Condition = { is: "and", of: [] };

const DEEPEST = 64;
const OPERATORS =
  "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $all, $exists, $regex, $contains, $size, $elemMatch and $not";

/** Reads a filter; null and undefined ask for everything. Throws BAD_WHERE. */
export function readFilter(filter: unknown): Condition {
  return filter === undefined || filter === null ? EVERYTHING : conditions(filter, "", 0);
}

function conditions(given: unknown, path: string, depth: number): Condition {
  if (!isPlain(given)) throw bad(`A filter must be an object of conditions, not ${shown(given)}`);
  if (depth > DEEPEST) throw bad(`A filter may be ${DEEPEST} levels deep`);
  const of = Object.entries(given).map(([name, value]) => {
    if (name.startsWith("$")) return logical(name, value, path, depth);
    if (name === "" || name.split(".").includes("")) throw bad(`"${name}" is no path of a property`);
    return property(path === "" ? name : `${path}.${name}`, value, depth);
  });
  return of.length === 1 ? of[0]! : { is: "and", of };
}

function logical(name: string, value: unknown, path: string, depth: number): Condition {
  if (name === "$not") {
    if (!isPlain(value) || Object.keys(value).length === 0) throw bad("$not takes an object that is not empty");
    return { is: "not", of: conditions(value, path, depth + 1) };
  }
  if (name !== "$and" && name !== "$or" && name !== "$nor") {
    throw bad(`Unknown operator "${name}" between conditions: there are $and, $or, $nor and $not`);
  }
  if (!Array.isArray(value)) throw bad(`${name} takes a list of conditions, not ${shown(value)}`);
  const of = value.map((one) => conditions(one, path, depth + 1));
  if (name === "$nor") return { is: "not", of: { is: "or", of } };
  return { is: name === "$and" ? "and" : "or", of };
}

function property(path: string, asked: unknown, depth: number): Condition {
  if (asked instanceof RegExp) return regex(path, asked, undefined);
  if (Array.isArray(asked)) return { is: "test", path, operator: "in", values: list("a list", asked) };
  if (!isPlain(asked)) return { is: "test", path, operator: "eq", value: equalTo(path, asked) };
  const names = Object.keys(asked);
  if (names.length === 0) throw bad(`What is asked of "${path}" must not be empty`);
  if (!names.some((name) => name.startsWith("$"))) return conditions(asked, path, depth + 1); // a nested property
  return operators(path, asked, depth);
}

function operators(path: string, asked: Record<string, unknown>, depth: number): Condition {
  const found: Condition[] = [];
  for (const [name, value] of Object.entries(asked)) {
    if (name === "$options") {
      if (!Object.hasOwn(asked, "$regex")) throw bad("$options needs $regex beside it");
      continue;
    }
    found.push(name === "$regex" ? regex(path, value, asked.$options) : operator(path, name, value, depth));
  }
  return found.length === 1 ? found[0]! : { is: "and", of: found };
}

function operator(path: string, name: string, value: unknown, depth: number): Condition {
  const test = <T>(rest: T) => ({ is: "test" as const, path, ...rest });
  switch (name) {
    case "$eq":
      return test({ operator: "eq" as const, value: equalTo(path, value) });
    case "$ne":
      return { is: "not", of: test({ operator: "eq" as const, value: equalTo(path, value) }) };
    case "$in":
      return test({ operator: "in" as const, values: list(name, value) });
    case "$nin":
      return { is: "not", of: test({ operator: "in" as const, values: list(name, value) }) };
    case "$all":
      return test({ operator: "all" as const, values: list(name, value) });
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return test({ operator: name.slice(1) as "gt", value: bound(name, value) });
    case "$exists": {
      if (typeof value !== "boolean") throw bad(`$exists takes true or false, not ${shown(value)}`);
      const exists = test({ operator: "exists" as const });
      return value ? exists : { is: "not", of: exists };
    }
    case "$size":
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad(`$size takes a count, not ${shown(value)}`);
      return test({ operator: "size" as const, value: value as number });
    case "$contains": {
      const wanted = scalar(value);
      if (wanted === undefined || wanted === null)
        throw bad(`$contains takes a text, a number or a boolean, not ${shown(value)}`);
      return test({ operator: "contains" as const, value: wanted });
    }
    case "$elemMatch":
      return test({ operator: "element" as const, condition: element(value, depth) });
    case "$not": {
      const isCondition = value instanceof RegExp || (isPlain(value) && Object.keys(value).length > 0);
      if (!isCondition) throw bad(`$not of "${path}" takes operators, not ${shown(value)}`);
      return { is: "not", of: property(path, value, depth + 1) };
    }
    default:
      throw bad(`Unknown operator "${name}" on "${path}": there are ${OPERATORS}`);
  }
}

/** Of elements that are objects, their properties; of others, operators. The path "" is the element itself. */
function element(value: unknown, depth: number): Condition {
  if (!isPlain(value) || Object.keys(value).length === 0) throw bad("$elemMatch takes an object that is not empty");
  const isOfElement = Object.keys(value).every((name) => name.startsWith("$") && !/^\$(and|or|nor)$/.test(name));
  return isOfElement ? operators("", value, depth + 1) : conditions(value, "", depth + 1);
}

function regex(path: string, pattern: unknown, options: unknown): Condition {
  const source = pattern instanceof RegExp ? pattern.source : pattern;
  if (typeof source !== "string") throw bad(`$regex takes a text or a RegExp, not ${shown(pattern)}`);
  if (options !== undefined && typeof options !== "string") throw bad(`$options takes a text, not ${shown(options)}`);
  const [, inline = "", rest = ""] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(source)!; // "(?i)", as other engines write it
  const given = pattern instanceof RegExp ? pattern.flags : "";
  const flags = [...new Set(`${given}${inline}${options ?? ""}`)]
    .filter((flag) => flag !== "g" && flag !== "y")
    .join("");
  try {
    return { is: "test", path, operator: "regex", pattern: new RegExp(rest, flags) };
  } catch (error) {
    throw bad(`$regex of "${path}" is invalid: ${(error as Error).message}`);
  }
}

function equalTo(path: string, value: unknown): Scalar | null {
  const found = scalar(value);
  if (found !== undefined) return found;
  throw bad(`"${path}" is compared with a text, a number, a boolean, a Date or null, not with ${shown(value)}`);
}

function list(name: string, value: unknown): (Scalar | null)[] {
  if (!Array.isArray(value)) throw bad(`${name} takes a list, not ${shown(value)}`);
  return value.map((one) => {
    const found = scalar(one);
    if (found === undefined) throw bad(`${name} holds texts, numbers, booleans, Dates and null, not ${shown(one)}`);
    return found;
  });
}

function bound(name: string, value: unknown): string | number {
  const found = scalar(value);
  if (typeof found === "string" || typeof found === "number") return found;
  throw bad(`${name} takes a number, a text or a Date, not ${shown(value)}`);
}

/** Undefined: it is none. */
function scalar(value: unknown): Scalar | null | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return value === null || typeof value === "string" || typeof value === "boolean" ? value : undefined;
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Date) && !(value instanceof RegExp);
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function bad(problem: string): HnswError {
  return new HnswError("BAD_WHERE", `${problem}.`);
}
