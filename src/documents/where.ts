/*
 * What does a `where` ask? It is read into a condition, a small tree that names fields, not properties: everything that is
 * refused is refused here. Each property is read once; a `where` is plain JSON and may come from a client.
 */
import { HnswError } from "../errors.ts";
import type { Key } from "../values/keys.ts";
import { type Field, type FieldTable, fitting, type Scalar, shown, WANTED } from "./fields.ts";
import { isPlain } from "./json.ts";

export interface Bound {
  value: string | number;
  inclusive: boolean;
}

/** What is asked of one field. */
export type Test =
  | { is: "exists"; field: Field }
  | { is: "null"; field: Field }
  | { is: "equal"; field: Field; value: Scalar }
  | { is: "in"; field: Field; values: Scalar[] }
  | { is: "range"; field: Field; low: Bound | null; high: Bound | null };

export type Condition =
  | Test
  | { is: "all" }
  | { is: "none" }
  | { is: "keys"; keys: readonly Key[] }
  | { is: "documented" } // it has a document
  | { is: "behind"; fields: number } // the row knows fewer fields of its table
  | { is: "and"; of: Condition[] }
  | { is: "or"; of: Condition[] }
  | { is: "not"; of: Condition };

export const ALL: Condition = { is: "all" };
export const NONE: Condition = { is: "none" };

export const MOST_CONDITIONS = 500;
export const MOST_VALUES = 10_000;
export const DEEPEST_WHERE = 24;

const LOGICAL = ["$and", "$or", "$not"];
const OPERATORS = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not"];

/** Reads a `where`; undefined asks for everything. Throws BAD_WHERE. */
export function readWhere(where: unknown, fields: FieldTable): Condition {
  return where === undefined ? ALL : new Reading(fields).conditions(where, "`where`", 0);
}

export function both(a: Condition, b: Condition): Condition {
  if (a.is === "all" || b.is === "none") return b;
  return b.is === "all" || a.is === "none" ? a : { is: "and", of: [a, b] };
}

export function not(condition: Condition): Condition {
  if (condition.is === "all") return NONE;
  return condition.is === "none" ? ALL : { is: "not", of: condition };
}

function conjunction(of: Condition[]): Condition {
  return of.reduce(both, ALL);
}

class Reading {
  private left = MOST_CONDITIONS;

  constructor(private readonly fields: FieldTable) {}

  /** `what`: where it stands, for errors. */
  conditions(given: unknown, what: string, depth: number): Condition {
    const asked = this.objectOf(given, what, depth);
    const found: Condition[] = [];
    for (const [name, value] of asked) {
      this.count();
      found.push(name.startsWith("$") ? this.logical(name, value, depth) : this.field(name, value, depth));
    }
    return conjunction(found);
  }

  private logical(name: string, value: unknown, depth: number): Condition {
    if (name === "$not") return not(this.conditions(value, "`$not`", depth + 1));
    if (!LOGICAL.includes(name)) throw unknownOperator(name, LOGICAL);
    const list = listOf(value, name);
    if (list.length === 0) throw badWhere(`\`${name}\` must hold at least one condition`);
    const of = list.map((one) => this.conditions(one, `each of \`${name}\``, depth + 1));
    if (name === "$and") return conjunction(of);
    if (of.some(({ is }) => is === "all")) return ALL;
    const some = of.filter(({ is }) => is !== "none");
    return some.length === 0 ? NONE : some.length === 1 ? some[0]! : { is: "or", of: some };
  }

  private field(name: string, value: unknown, depth: number): Condition {
    const field = this.fields.named(name, "BAD_WHERE");
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return this.operators(field, value, depth);
    if (Array.isArray(value)) {
      throw badWhere(`a list is no value of the field "${name}": write \`{ $in: […] }\` for any of them`);
    }
    return equal(field, value, "");
  }

  private operators(field: Field, given: object, depth: number): Condition {
    const asked = this.objectOf(given, `what \`where\` asks of "${field.name}"`, depth);
    if (asked.length === 0)
      throw badWhere(`what is asked of the field "${field.name}" must hold at least one operator`);
    const found: Condition[] = [];
    const range: Test & { is: "range" } = { is: "range", field, low: null, high: null };
    for (const [name, value] of asked) {
      this.count();
      if (!OPERATORS.includes(name)) throw unknownOperator(name, OPERATORS, field);
      if (name === "$gt" || name === "$gte") range.low = narrower(range.low, bound(field, value, name), 1);
      else if (name === "$lt" || name === "$lte") range.high = narrower(range.high, bound(field, value, name), -1);
      else found.push(this.operator(field, name, value, depth));
    }
    if (range.low !== null || range.high !== null) found.push(range);
    return conjunction(found);
  }

  private operator(field: Field, name: string, value: unknown, depth: number): Condition {
    switch (name) {
      case "$eq":
        return equal(field, value, name);
      case "$ne":
        return not(equal(field, value, name));
      case "$in":
        return anyOf(field, value, name);
      case "$nin":
        return not(anyOf(field, value, name));
      case "$exists":
        if (typeof value !== "boolean") throw badWhere(`\`$exists\` takes true or false, not ${shown(value)}`);
        return value ? { is: "exists", field } : not({ is: "exists", field });
      default:
        if (typeof value !== "object" || value === null) {
          throw badWhere(`\`$not\` of the field "${field.name}" takes operators, not ${shown(value)}: write \`$ne\``);
        }
        return not(this.operators(field, value, depth + 1));
    }
  }

  /** The own properties of an object, each read once. */
  private objectOf(given: unknown, what: string, depth: number): [name: string, value: unknown][] {
    if (typeof given !== "object" || given === null || Array.isArray(given) || !isPlain(given)) {
      throw badWhere(`${what} must be an object of conditions, not ${shown(given)}`);
    }
    if (depth > DEEPEST_WHERE) throw badWhere(`conditions may lie in one another ${DEEPEST_WHERE} levels deep`);
    return Object.entries(given);
  }

  private count(): void {
    if (--this.left < 0) throw badWhere(`a \`where\` may hold ${MOST_CONDITIONS} conditions`);
  }
}

function equal(field: Field, value: unknown, operator: string): Condition {
  return value === null ? { is: "null", field } : { is: "equal", field, value: operand(field, value, operator) };
}

function anyOf(field: Field, given: unknown, operator: string): Condition {
  const values = new Set<Scalar>();
  let withNull = false;
  for (const value of listOf(given, operator)) {
    if (value === null) withNull = true;
    else values.add(operand(field, value, operator));
  }
  const some: Condition = values.size === 0 ? NONE : { is: "in", field, values: [...values] };
  if (!withNull) return some;
  return values.size === 0 ? { is: "null", field } : { is: "or", of: [some, { is: "null", field }] };
}

function listOf(given: unknown, operator: string): unknown[] {
  if (!Array.isArray(given)) throw badWhere(`\`${operator}\` takes a list, not ${shown(given)}`);
  if (given.length > MOST_VALUES) {
    throw badWhere(`the list of \`${operator}\` may hold ${MOST_VALUES} values, this one holds ${given.length}`);
  }
  return Array.from(given);
}

function bound(field: Field, value: unknown, operator: string): Bound {
  if (field.type === "boolean") {
    throw badWhere(`\`${operator}\` does not fit the field "${field.name}": its values, true and false, have no order`);
  }
  return { value: operand(field, value, operator) as string | number, inclusive: operator.endsWith("e") };
}

/** Of two bounds on one side, the one that leaves less. `sign`: 1 for lower bounds. */
function narrower(a: Bound | null, b: Bound, sign: 1 | -1): Bound {
  if (a === null) return b;
  const order = compare(a.value, b.value) * sign;
  if (order === 0) return a.inclusive ? b : a;
  return order > 0 ? a : b;
}

function operand(field: Field, value: unknown, operator: string): Scalar {
  const scalar = fitting(field.type, value);
  if (scalar !== null) return scalar;
  const subject = operator === "" ? "" : ` of \`${operator}\``;
  throw badWhere(
    `the field "${field.name}" is compared with ${WANTED[field.type]}, not with ${shown(value)}${subject}`,
  );
}

function unknownOperator(name: string, known: readonly string[], field?: Field): HnswError {
  const cure = `there are ${known.join(", ")}`;
  if (field === undefined) return badWhere(`"${name}" is no operator between conditions; ${cure}`);
  const nested = name.startsWith("$") ? "" : ` (a nested property is named by its path: "${field.name}.${name}")`;
  return badWhere(`"${name}" is no operator on the field "${field.name}"; ${cure}${nested}`);
}

function badWhere(message: string): HnswError {
  return new HnswError("BAD_WHERE", `${message[0]!.toUpperCase()}${message.slice(1)}.`);
}

/** Numbers by size, texts by code points, as their UTF-8 is ordered. */
export function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  return compareText(a as string, b as string);
}

function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return placeOf(left) - placeOf(right);
  }
  return a.length - b.length;
}

/** Units of pairs stand for code points above all others. */
function placeOf(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
