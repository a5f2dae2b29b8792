/* Does a point pass a filter? By its payload, as Qdrant has it: of an array any element may match. */
import type { Key } from "../../values/keys.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { momentOf } from "./dates.ts";
import type { Bound, Condition, Filter, Test, Word } from "./filter.ts";
import { type Path, type Payload, valuesAt } from "./paths.ts";
import { wordsOf } from "./words.ts";

export interface Point {
  id: Key;
  payload: Payload;
}

/** The paths whose texts are compared word by word, since they have a text index. */
export type TextPaths = ReadonlySet<string>;

export function passes(filter: Filter, point: Point, texts: TextPaths): boolean {
  const { must, should, mustNot, minShould } = filter;
  const holds = (condition: Condition) => meets(condition, point, texts);
  if (!must.every(holds) || mustNot.some(holds)) return false;
  if (should.length > 0 && !should.some(holds)) return false;
  if (minShould === null) return true;
  return minShould.conditions.filter(holds).length >= minShould.count;
}

function meets(condition: Condition, point: Point, texts: TextPaths): boolean {
  switch (condition.is) {
    case "filter":
      return passes(condition.filter, point, texts);
    case "ids":
      return condition.ids.has(point.id);
    case "nested":
      return elementsAt(point.payload, condition.path).some((element) => {
        return passes(condition.filter, { id: point.id, payload: element as Payload }, texts);
      });
    case "field": {
      const values = valuesAt(point.payload, condition.path);
      return condition.tests.every((test) => holdsFor(test, values, texts.has(condition.path.text)));
    }
  }
}

/** The objects of an array, whether the path names it or its elements. */
function elementsAt(payload: Payload, { text, steps }: Path): Value[] {
  const all = steps.at(-1)?.all ? steps : [...steps, { all: true } as const];
  return valuesAt(payload, { text, steps: all }).filter((value) => isRecord(value));
}

function holdsFor(test: Test, values: Value[], byWord: boolean): boolean {
  switch (test.is) {
    case "empty":
      return values.every((value) => value === null || (Array.isArray(value) && value.length === 0)) === test.wanted;
    case "null":
      return values.flat().some((value) => value === null) === test.wanted;
    case "count":
      if (values.length === 0) return isBetween(0, test.low, test.high);
      return values.some((value) => isBetween(countOf(value), test.low, test.high));
    default:
      return values.flat().some((value) => matches(test, value, byWord));
  }
}

function countOf(value: Value): number {
  return Array.isArray(value) ? value.length : value === null ? 0 : 1;
}

function matches(test: Test, value: Value, byWord: boolean): boolean {
  switch (test.is) {
    case "value":
      return isWord(value, test.value);
    case "any":
      return test.values.some((one) => isWord(value, one));
    case "except":
      return value !== null && !test.values.some((one) => isWord(value, one));
    case "text":
      if (typeof value !== "string") return false;
      return byWord ? hasWords(value, test.text) : value.includes(test.text);
    case "prefix":
      return typeof value === "string" && value.startsWith(test.text);
    case "range": {
      const number = test.dates ? momentOf(value) : value;
      return (typeof number === "number" || typeof number === "bigint") && isBetween(number, test.low, test.high);
    }
    default:
      return false;
  }
}

function hasWords(text: string, wanted: string): boolean {
  const words = wordsOf(text);
  return [...wordsOf(wanted)].every((word) => words.has(word));
}

function isWord(value: Value, word: Word): boolean {
  return typeof value === typeof word && value === word;
}

export function isBetween(value: number | bigint, low: Bound | null, high: Bound | null): boolean {
  if (low !== null && !(low.inclusive ? value >= low.value : value > low.value)) return false;
  return high === null || (high.inclusive ? value <= high.value : value < high.value);
}
