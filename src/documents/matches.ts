/* Does a document match a condition? In plain JavaScript: where a field has no column yet, and what the core is tested by. */
import type { Key } from "../values/keys.ts";
import type { Field, FieldValue, Scalar } from "./fields.ts";
import { type Bound, type Condition, compare, type Test } from "./where.ts";

/** An entry, as conditions look at it. */
export interface Candidate {
  /** What is in a field: null as a value, undefined where it is missing. */
  in(field: Field): FieldValue | undefined;
  isOneOf(keys: readonly Key[]): boolean;
}

export function matches(condition: Condition, entry: Candidate): boolean {
  switch (condition.is) {
    case "all":
    case "documented": // it has been read
      return true;
    case "none":
    case "behind": // a document says everything
      return false;
    case "keys":
      return entry.isOneOf(condition.keys);
    case "and":
      return condition.of.every((one) => matches(one, entry));
    case "or":
      return condition.of.some((one) => matches(one, entry));
    case "not":
      return !matches(condition.of, entry);
    default:
      return passes(condition, entry.in(condition.field));
  }
}

function passes(test: Test, value: FieldValue | undefined): boolean {
  switch (test.is) {
    case "exists":
      return value !== undefined;
    case "null":
      return value === null;
    case "equal":
      return some(value, (one) => one === test.value);
    case "in":
      return some(value, (one) => test.values.includes(one));
    case "range":
      return some(value, (one) => isBeyond(one, test.low, 1) && isBeyond(one, test.high, -1));
  }
}

/** Whether the value, or any element of a list, passes. */
function some(value: FieldValue | undefined, fits: (value: Scalar) => boolean): boolean {
  if (value === undefined || value === null) return false;
  return Array.isArray(value) ? value.some(fits) : fits(value);
}

function isBeyond(value: Scalar, bound: Bound | null, sign: 1 | -1): boolean {
  if (bound === null) return true;
  const order = compare(value as string | number, bound.value) * sign;
  return order > 0 || (order === 0 && bound.inclusive);
}

/** The fields that a condition looks at. */
export function fieldsIn(condition: Condition, found = new Set<Field>()): Set<Field> {
  if ("field" in condition) found.add(condition.field);
  else if (condition.is === "not") fieldsIn(condition.of, found);
  else if (condition.is === "and" || condition.is === "or") for (const one of condition.of) fieldsIn(one, found);
  return found;
}
