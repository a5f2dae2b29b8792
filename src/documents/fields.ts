/* Which properties of a document can be filtered by, of which type, and which values does a document have there? */
import { HnswError } from "../errors.ts";
import { nameOf } from "../values/kind.ts";
import { dateOf } from "./dates.ts";
import type { Json } from "./json.ts";

/** Each also as an array: then any element may match. `"date"`: milliseconds since 1970, or an ISO 8601 string. */
export type FieldType = "keyword" | "number" | "boolean" | "date";

/** @internal The number of a type in rows and programs is its place here + 1. */
export const FIELD_TYPES: readonly FieldType[] = ["keyword", "number", "boolean", "date"];
/** @internal */
export const MOST_FIELDS = 64;
const LONGEST_NAME = 256;

/** @internal Of a field. Dates are numbers here. */
export type Scalar = string | number | boolean;
/** @internal */
export type FieldValue = null | Scalar | Scalar[];

/** @internal */
export interface Field {
  /** Of its columns in a partition, for good: its place in the table, unless tables share partitions. */
  number: number;
  /** As in a `where`: "userId", "user.id". */
  name: string;
  type: FieldType;
  path: readonly string[];
}

/** @internal The fields of an index, in the order in which it got them. */
export class FieldTable {
  readonly list: readonly Field[];
  /** The places of fields in `list`, in the order of their numbers: in this order rows have values. */
  readonly byNumber: readonly number[];
  private readonly byName: ReadonlyMap<string, Field>;

  constructor(types: Iterable<readonly [name: string, type: FieldType, number?: number]> = []) {
    this.list = Array.from(types, ([name, type, number], place) => {
      return { number: number ?? place, name, type, path: name.split(".") };
    });
    this.byNumber = placesByNumber(this.list);
    this.byName = new Map(this.list.map((field) => [field.name, field]));
  }

  get(name: string): Field | undefined {
    return this.byName.get(name);
  }

  get size(): number {
    return this.list.length;
  }

  /** Each field's type by its name. */
  get types(): Record<string, FieldType> {
    return Object.fromEntries(this.list.map(({ name, type }) => [name, type]));
  }

  /** The field of that name, with what there is in the error. */
  named(name: string, code: "BAD_WHERE" | "BAD_OPTION"): Field {
    const field = this.byName.get(name);
    if (field !== undefined) return field;
    throw new HnswError(code, `"${name}" is no field; ${this.shown}.`);
  }

  private get shown(): string {
    if (this.size === 0) return "this index has none: open it with `fields`, or call `addField`";
    return `there ${this.size === 1 ? "is" : "are"} ${this.list.map(({ name }) => name).join(", ")}`;
  }

  /** What a document has in each field; undefined where it has nothing. Throws BAD_FIELD. */
  valuesOf(document: Json): (FieldValue | undefined)[] {
    return this.list.map((field) => valueIn(field, document));
  }
}

/** @internal Places in a list of fields in the order of their numbers. */
export function placesByNumber(fields: readonly Field[]): number[] {
  return [...fields.keys()].sort((a, b) => fields[a]!.number - fields[b]!.number);
}

/** @internal What a document has in a field. Throws BAD_FIELD when it is of another type. */
export function valueIn(field: Field, document: Json): FieldValue | undefined {
  const found = rawValueOf(field, document);
  if (found === undefined || found === null) return found;
  const value = fittingOrList(field.type, found);
  if (value === null) throw misfit(field, found);
  return value;
}

/** @internal The same; undefined also where it is of another type. `mismatch`: whether it was. */
export function valueIfFits(field: Field, document: Json): { value: FieldValue | undefined; mismatch: boolean } {
  const found = rawValueOf(field, document);
  if (found === undefined || found === null) return { value: found, mismatch: false };
  const value = fittingOrList(field.type, found);
  return value === null ? MISFIT : { value, mismatch: false };
}

/** The value of a field of that type, or null where it, or an element of it, is of another type. */
function fittingOrList(type: FieldType, found: Json): Scalar | Scalar[] | null {
  if (!Array.isArray(found)) return fitting(type, found);
  const values = found.map((one) => fitting(type, one));
  return values.includes(null) ? null : (values as Scalar[]);
}

const MISFIT = { value: undefined, mismatch: true } as const;

function rawValueOf({ path }: Field, document: Json): Json | undefined {
  let at: Json | undefined = document;
  for (const name of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

function misfit(field: Field, found: Json): HnswError {
  const position = Array.isArray(found) ? found.findIndex((one) => fitting(field.type, one) === null) : -1;
  const [value, where] = position < 0 ? [found, ""] : [(found as Json[])[position], ` at position ${position}`];
  return new HnswError(
    "BAD_FIELD",
    `The field "${field.name}" takes ${WANTED[field.type]}, not ${shown(value)}${where}.`,
  );
}

/** @internal */
export const WANTED: Readonly<Record<FieldType, string>> = {
  keyword: "a string without lone surrogates",
  number: "a finite number",
  boolean: "true or false",
  date: "milliseconds since 1970 or an ISO 8601 string with its zone",
};

/** @internal A value as a field of that type holds it, or null. */
export function fitting(type: FieldType, value: unknown): Scalar | null {
  switch (type) {
    case "keyword":
      return typeof value === "string" && value.isWellFormed() ? value : null;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value + 0 : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return dateOf(value);
  }
}

/** @internal A value as errors show it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : `an ${nameOf(value)}`;
  return typeof value === "function" ? "a function" : String(value);
}

/** @internal Why a name or type is none of a field, or null. */
export function problemOfField(name: string, type: unknown): string | null {
  if (!FIELD_TYPES.includes(type as FieldType)) {
    const types = FIELD_TYPES.map((one) => `"${one}"`).join(", ");
    return `the type of the field "${name}" must be one of ${types}, not ${shown(type)}`;
  }
  if (name.length > LONGEST_NAME || !name.isWellFormed()) {
    return `the name of a field must have at most ${LONGEST_NAME} characters and no lone surrogate`;
  }
  if (name.startsWith("$")) return `the name of a field must not start with "$", as "${name}" does`;
  if (name.split(".").includes("")) return `"${name}" is no path of a property: a name is empty`;
  return null;
}
