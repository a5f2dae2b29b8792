/* What of a filter can the index decide? A `where` over indexed fields, and whether it says all or documents decide the rest. */
import type { Where } from "../../documents/types.ts";
import type { Condition, Filter, Test, Word } from "./filter.ts";
import { fieldOf, type Index, type IndexType } from "./indexes.ts";
import { wordsOf } from "./words.ts";

export interface Plan {
  /** What every match fulfils; undefined: anything. */
  where: Where | undefined;
  /** Whether all that fulfils it is a match. */
  exact: boolean;
}

const NOTHING_KNOWN: Plan = { where: undefined, exact: false };
const ALL: Plan = { where: undefined, exact: true };

export type Indexes = ReadonlyMap<string, Index>;

export function planOf(filter: Filter, indexes: Indexes): Plan {
  const plan = ofFilter(filter, indexes);
  // More than the index takes in one filter is left to documents.
  return plan.where !== undefined && sizeOf(plan.where) > 400 ? NOTHING_KNOWN : plan;
}

function sizeOf(where: unknown): number {
  if (typeof where !== "object" || where === null) return 1;
  return Object.values(where).reduce<number>(
    (sum, one) => sum + (Array.isArray(one) && !isList(one) ? one.reduce((all, part) => all + sizeOf(part), 1) : 1),
    0,
  );
}

const isList = (values: unknown[]) => values.every((one) => typeof one !== "object");

function ofFilter({ must, should, mustNot, minShould }: Filter, indexes: Indexes): Plan {
  const parts = must.map((one) => ofCondition(one, indexes));
  if (should.length > 0) parts.push(anyOf(should.map((one) => ofCondition(one, indexes))));
  for (const one of mustNot) parts.push(negated(ofCondition(one, indexes)));
  if (minShould !== null) parts.push(NOTHING_KNOWN);
  return allOf(parts);
}

function allOf(parts: readonly Plan[]): Plan {
  const wheres = parts.map(({ where }) => where).filter((where) => where !== undefined);
  const where = wheres.length === 0 ? undefined : wheres.length === 1 ? wheres[0] : { $and: wheres };
  return { where, exact: parts.every(({ exact }) => exact) };
}

function anyOf(parts: readonly Plan[]): Plan {
  const wheres = parts.map(({ where }) => where).filter((where) => where !== undefined);
  const exact = parts.every((part) => part.exact);
  if (wheres.length < parts.length) return exact ? ALL : NOTHING_KNOWN;
  return { where: { $or: wheres }, exact };
}

function negated(part: Plan): Plan {
  if (!part.exact) return NOTHING_KNOWN;
  return part.where === undefined ? { where: { $not: {} }, exact: true } : { where: { $not: part.where }, exact: true };
}

function ofCondition(condition: Condition, indexes: Indexes): Plan {
  if (condition.is === "filter") return ofFilter(condition.filter, indexes);
  if (condition.is !== "field") return NOTHING_KNOWN;
  const index = indexes.get(condition.path.text);
  if (index === undefined || !index.ready) return NOTHING_KNOWN;
  return allOf(condition.tests.map((test) => ofTest(test, index)));
}

function ofTest(test: Test, { type, name }: Index): Plan {
  const field = fieldOf(name);
  const exactly = (operators: object): Plan => ({ where: { [field]: operators } as Where, exact: true });
  switch (test.is) {
    case "value":
      return isKept(type, test.value) ? exactly({ $eq: test.value }) : NOTHING_KNOWN;
    case "any":
      return test.values.every((value) => isKept(type, value)) ? exactly({ $in: test.values }) : NOTHING_KNOWN;
    case "text": {
      const words = [...wordsOf(test.text)];
      if (type !== "text" || words.length === 0) return NOTHING_KNOWN;
      return { where: { $and: words.map((word) => ({ [field]: { $eq: word } })) }, exact: true };
    }
    case "prefix":
      return type === "keyword" && test.text.isWellFormed() ? exactly(prefixed(test.text)) : NOTHING_KNOWN;
    case "range": {
      const fits = test.dates ? type === "datetime" : type === "integer" || type === "float";
      const bounds = [test.low, test.high].filter((bound) => bound !== null);
      if (!fits || bounds.length === 0 || bounds.some(({ value }) => typeof value !== "number")) return NOTHING_KNOWN;
      return exactly({ ...bounded(test.low, "$gt"), ...bounded(test.high, "$lt") });
    }
    default:
      return NOTHING_KNOWN;
  }
}

/** Whether an index of that type has every value that equals the word. */
function isKept(type: IndexType, word: Word): boolean {
  if (typeof word === "string") return (type === "keyword" || type === "uuid") && word.isWellFormed();
  if (typeof word === "number") return type === "integer" || type === "float";
  return typeof word === "boolean" && type === "bool";
}

function bounded(bound: { value: number | bigint; inclusive: boolean } | null, operator: "$gt" | "$lt"): object {
  return bound === null ? {} : { [bound.inclusive ? `${operator}e` : operator]: bound.value };
}

/** Every text that starts so lies from it up to the next one of its length. */
function prefixed(prefix: string): object {
  const points = Array.from(prefix, (one) => one.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  if (points.length === 0) return prefix === "" ? { $gte: "" } : { $gte: prefix };
  const last = points.pop()!;
  const next = String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  return { $gte: prefix, $lt: next };
}
