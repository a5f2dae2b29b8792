/* What does a filter ask? It is read into a tree whose conditions know their paths; everything that is refused is refused here. */
import type { Key } from "../../values/keys.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { badFormat, notServed } from "../wire/refusals.ts";
import {
  anything,
  boolean,
  byKind,
  expected,
  integer,
  list,
  mapped,
  maybe,
  named,
  number,
  object,
  type Read,
  refused,
  type Schema,
  text,
} from "../wire/schema.ts";
import { momentOf } from "./dates.ts";
import { pointId } from "./ids.ts";
import { type Path, readPath } from "./paths.ts";

export interface Filter {
  must: Condition[];
  should: Condition[];
  mustNot: Condition[];
  minShould: { conditions: Condition[]; count: number } | null;
}

export type Word = string | number | bigint | boolean;
export type Test =
  | { is: "value"; value: Word }
  | { is: "any"; values: Word[] }
  | { is: "except"; values: Word[] }
  | { is: "text"; text: string }
  | { is: "prefix"; text: string }
  | { is: "range"; low: Bound | null; high: Bound | null; dates: boolean }
  | { is: "count"; low: Bound | null; high: Bound | null }
  | { is: "empty"; wanted: boolean }
  | { is: "null"; wanted: boolean };
export interface Bound {
  value: number | bigint;
  inclusive: boolean;
}

export type Condition =
  | { is: "field"; path: Path; tests: Test[] }
  | { is: "ids"; ids: ReadonlySet<Key> }
  | { is: "nested"; path: Path; filter: Filter }
  | { is: "filter"; filter: Filter };

export const MOST_CONDITIONS = 500;
const MOST_VALUES = 10_000;
const DEEPEST = 20;

const word = byKind({ string: text(65_536), number: mapped(anything, wholeNumber), boolean });
const words = list(byKind({ string: text(65_536), number: mapped(anything, wholeNumber) }), MOST_VALUES);

function wholeNumber(value: Value, at: string): number | bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return value as number | bigint;
  throw expected(at, "an integer: `range` compares other numbers", value);
}

const match = object({
  value: maybe(word),
  any: maybe(words),
  except: maybe(words),
  text: maybe(text(65_536)),
  prefix: maybe(text(65_536)),
  ...{ text_any: refused, phrase: refused },
});
const limit = byKind({ number: mapped(anything, anyNumber), string: mapped(text(64), dateOf) });
const range = object({ lt: maybe(limit), lte: maybe(limit), gt: maybe(limit), gte: maybe(limit) });
const size = maybe(integer(0, Number.MAX_SAFE_INTEGER));
const key = mapped(text(1024), readPath);

function anyNumber(value: Value, at: string): number | bigint {
  return typeof value === "bigint" ? value : number.read(value, at);
}

function dateOf(value: string, at: string): { ms: number } {
  const ms = momentOf(value);
  if (ms === null) throw expected(at, "a number or a date such as 2026-11-29T12:00:00Z", value);
  return { ms };
}

const field = object({
  key,
  match: maybe(match),
  range: maybe(range),
  values_count: maybe(object({ lt: size, lte: size, gt: size, gte: size })),
  is_empty: maybe(boolean),
  is_null: maybe(boolean),
  ...{ geo_bounding_box: refused, geo_radius: refused, geo_polygon: refused },
});
const ofKey = object({ key });
const others = {
  is_empty: object({ is_empty: ofKey }),
  is_null: object({ is_null: ofKey }),
  has_id: object({ has_id: list(pointId, MOST_VALUES) }),
  nested: object({ nested: object({ key, filter: named("Filter", () => whole) }) }),
};

const conditions = (): Schema<Condition[]> => {
  const one = named("Condition", () => condition);
  return {
    shape: { anyOf: [one.shape, { type: "array", items: one.shape }] },
    read: (value, at) =>
      Array.isArray(value) ? value.map((each, i) => one.read(each, `${at}[${i}]`)) : [one.read(value, at)],
  };
};

/** How much of a filter was read. */
let read = { conditions: 0, depth: 0 };

const condition: Schema<Condition> = {
  get shape() {
    return { anyOf: [field.shape, ...Object.values(others).map(({ shape }) => shape), filter.shape] };
  },
  read(value, at) {
    if (!isRecord(value)) throw expected(at, "a condition", value);
    if (++read.conditions > MOST_CONDITIONS) throw badFormat(`a filter may hold ${MOST_CONDITIONS} conditions`);
    if (Object.hasOwn(value, "has_vector")) throw notServed("has_vector");
    if (Object.hasOwn(value, "key")) return ofField(field.read(value, at), at);
    if (Object.hasOwn(value, "is_empty")) return ofPath(others.is_empty.read(value, at).is_empty.key, "empty");
    if (Object.hasOwn(value, "is_null")) return ofPath(others.is_null.read(value, at).is_null.key, "null");
    if (Object.hasOwn(value, "has_id")) return { is: "ids", ids: new Set(others.has_id.read(value, at).has_id) };
    if (!Object.hasOwn(value, "nested")) return { is: "filter", filter: inner.read(value, at) };
    const { nested } = others.nested.read(value, at);
    return { is: "nested", path: nested.key, filter: nested.filter };
  },
};

const ofPath = (path: Path, is: "empty" | "null"): Condition => ({ is: "field", path, tests: [{ is, wanted: true }] });

function ofField(given: Read<typeof field>, at: string): Condition {
  const { key: path, match: asked, range: bounds, values_count, is_empty, is_null } = given;
  const tests: Test[] = [];
  if (asked?.value !== undefined) tests.push({ is: "value", value: asked.value });
  if (asked?.any !== undefined) tests.push({ is: "any", values: asked.any });
  if (asked?.except !== undefined) tests.push({ is: "except", values: asked.except });
  if (asked?.text !== undefined) tests.push({ is: "text", text: asked.text });
  if (asked?.prefix !== undefined) tests.push({ is: "prefix", text: asked.prefix });
  if (asked !== undefined && tests.length !== 1)
    throw badFormat(`${at}.match takes one of value, any, except, text, prefix`);
  if (bounds !== undefined) tests.push(rangeOf(bounds, `${at}.range`));
  if (values_count !== undefined) tests.push({ is: "count", ...boundsOf(values_count) });
  if (is_empty !== undefined) tests.push({ is: "empty", wanted: is_empty });
  if (is_null !== undefined) tests.push({ is: "null", wanted: is_null });
  if (tests.length === 0) throw badFormat(`${at} asks nothing of "${path.text}"`);
  return { is: "field", path, tests };
}

function rangeOf(given: Read<typeof range>, at: string): Test {
  const bounds = Object.values(given).filter((bound) => bound !== undefined);
  const dates = bounds.some((bound) => typeof bound === "object");
  if (dates && !bounds.every((bound) => typeof bound === "object")) throw badFormat(`${at} mixes numbers and dates`);
  const plain = Object.entries(given).map(([name, bound]) => [name, typeof bound === "object" ? bound.ms : bound]);
  return { is: "range", ...boundsOf(Object.fromEntries(plain)), dates };
}

type Limits = { lt?: number | bigint; lte?: number | bigint; gt?: number | bigint; gte?: number | bigint };

/** Of two bounds on one side the narrower. */
function boundsOf({ lt, lte, gt, gte }: Limits): { low: Bound | null; high: Bound | null } {
  const isLow = gt !== undefined && (gte === undefined || gt >= gte);
  const isHigh = lt !== undefined && (lte === undefined || lt <= lte);
  const low = isLow ? { value: gt, inclusive: false } : gte === undefined ? null : { value: gte, inclusive: true };
  const high = isHigh ? { value: lt, inclusive: false } : lte === undefined ? null : { value: lte, inclusive: true };
  return { low, high };
}

const clauses = object({
  must: maybe(conditions()),
  should: maybe(conditions()),
  must_not: maybe(conditions()),
  min_should: maybe(object({ conditions: conditions(), min_count: integer(0, MOST_CONDITIONS) })),
});

/** A filter within another one. */
const inner: Schema<Filter> = {
  get shape() {
    return clauses.shape;
  },
  read(value, at) {
    if (++read.depth > DEEPEST) throw badFormat(`filters may lie in one another ${DEEPEST} levels deep`);
    const { must = [], should = [], must_not = [], min_should } = clauses.read(value, at);
    read.depth--;
    const minShould = min_should ? { conditions: min_should.conditions, count: min_should.min_count } : null;
    return { must, should, mustNot: must_not, minShould };
  },
};

const whole: Schema<Filter> = mapped<Value, Filter>(anything, (value, at) => {
  const before = read;
  const isInside = before.depth > 0; // of a nested condition
  if (!isInside) read = { conditions: 0, depth: 0 };
  try {
    return inner.read(value, at);
  } finally {
    if (!isInside) read = before;
  }
});

export const filter: Schema<Filter> & { definition: () => object } = {
  ...named("Filter", () => whole),
  definition: () => clauses.shape,
};
export const conditionDefinition = () => condition.shape;

/** Whether everything passes. */
export function isAll({ must, should, mustNot, minShould }: Filter): boolean {
  return must.length === 0 && should.length === 0 && mustNot.length === 0 && minShould === null;
}
