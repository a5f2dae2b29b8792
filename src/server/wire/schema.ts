/*
 * What may a request hold? A schema reads a value and says what was wrong with it, and describes itself as JSON Schema, from
 * which the OpenAPI document is made.
 */
import type { Slice } from "../../runtime/event-loop.ts";
import { isRecord, print, type Value } from "./json.ts";
import { badFormat, notServed } from "./refusals.ts";

export interface Schema<T = unknown> {
  /** `at`: where the value stands, for the refusal. Throws Refusal. */
  read(value: Value, at: string): T;
  /** The same with other work in between, where there may be much of it. Rejects with Refusal. */
  readInSlices?(value: Value, at: string, slice: Slice): Promise<T>;
  /** As JSON Schema. */
  readonly shape: object;
  /** Whether it may be absent; null counts as absent. */
  readonly optional?: true;
}

/** By whichever way the schema has for much. */
export async function readLarge<T>(schema: Schema<T>, value: Value, at: string, slice: Slice): Promise<T> {
  return schema.readInSlices === undefined ? schema.read(value, at) : await schema.readInSlices(value, at, slice);
}

export type Read<S> = S extends Schema<infer T> ? T : never;

export function expected(at: string, what: string, value: Value): Error {
  return badFormat(`${at} must be ${what}, not ${shown(value)}`);
}

function shown(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return "an array";
  return isRecord(value) ? "an object" : String(value);
}

export const text = (most = 1024): Schema<string> => ({
  shape: { type: "string", maxLength: most },
  read(value, at) {
    if (typeof value === "string" && value.length <= most && value.isWellFormed()) return value;
    throw expected(at, `a string of at most ${most} characters`, value);
  },
});

export const integer = (low: number, high: number): Schema<number> => ({
  shape: { type: "integer", minimum: low, maximum: high },
  read(value, at) {
    if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
    throw expected(at, `an integer from ${low} to ${high}`, value);
  },
});

/** A whole number; what is above `high` counts as `high`, since clients ask for everything so. */
export const atMost = (low: number, high: number): Schema<number> => ({
  shape: { type: "integer", minimum: low },
  read(value, at) {
    if (typeof value === "bigint" && value > 0n) return high;
    if (Number.isSafeInteger(value) && (value as number) >= low) return Math.min(value as number, high);
    throw expected(at, `an integer of at least ${low}`, value);
  },
});

export const number: Schema<number> = {
  shape: { type: "number" },
  read(value, at) {
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw expected(at, "a number", value);
  },
};

export const boolean: Schema<boolean> = {
  shape: { type: "boolean" },
  read(value, at) {
    if (typeof value === "boolean") return value;
    throw expected(at, "true or false", value);
  },
};

export const anything: Schema<Value> = { shape: {}, read: (value) => value };

/** What is kept and shown again, as the runtime's own JSON has it. */
export const echoed: Schema<Value> = { shape: {}, read: (value) => JSON.parse(print(value)) as Value };

export function oneOf<T extends string>(...choices: T[]): Schema<T> {
  return {
    shape: { type: "string", enum: choices },
    read(value, at) {
      if (choices.includes(value as T)) return value as T;
      throw expected(at, `one of ${choices.join(", ")}`, value);
    },
  };
}

export function list<T>(item: Schema<T>, most: number): Schema<T[]> {
  const checked = (value: Value, at: string): Value[] => {
    if (!Array.isArray(value)) throw expected(at, "an array", value);
    if (value.length <= most) return value;
    throw badFormat(`${at} may hold ${most} values, not ${value.length}`);
  };
  return {
    shape: { type: "array", items: item.shape, maxItems: most },
    read(value, at) {
      return checked(value, at).map((one, i) => item.read(one, `${at}[${i}]`));
    },
    async readInSlices(value, at, slice) {
      const found: T[] = [];
      for (const [i, one] of checked(value, at).entries()) {
        const place = `${at}[${i}]`;
        found.push(
          item.readInSlices === undefined ? item.read(one, place) : await item.readInSlices(one, place, slice),
        );
        if (slice.isOver) await slice.next();
      }
      return found;
    },
  };
}

export function maybe<T>(schema: Schema<T>): Schema<T | undefined> & { optional: true } {
  return { ...schema, optional: true };
}

/** What Qdrant knows and this server does not: refused by its name. */
export const refused: Schema<undefined> & { optional: true } = {
  optional: true,
  shape: { not: {} },
  read(_, at) {
    throw notServed(at);
  },
};

type Properties = Record<string, Schema>;
type Object<P extends Properties> = { [N in keyof P]: Read<P[N]> };

/** An object with these properties and no others. */
export function object<P extends Properties>(properties: P): Schema<Object<P>> {
  const entries = Object.entries(properties);
  const required = entries.filter(([, { optional }]) => !optional).map(([name]) => name);
  const served = entries.filter(([, schema]) => schema !== refused);
  const checked = (value: Value, at: string): { [name: string]: Value } => {
    if (!isRecord(value)) throw expected(at, "an object", value);
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(properties, name)) throw badFormat(`${at} has an unknown property \`${name}\``);
    }
    for (const name of required) {
      if (!isGiven(value, name)) throw badFormat(`${at} lacks \`${name}\``);
    }
    return value;
  };
  return {
    get shape() {
      const shapes = Object.fromEntries(served.map(([name, { shape }]) => [name, shape]));
      return { type: "object", properties: shapes, required, additionalProperties: false };
    },
    read(given, at) {
      const value = checked(given, at);
      const found: Record<string, unknown> = {};
      for (const [name, schema] of entries) {
        if (isGiven(value, name)) found[name] = schema.read(value[name]!, within(at, name));
      }
      return found as Object<P>;
    },
    ...(entries.some(([, { readInSlices }]) => readInSlices !== undefined) && {
      async readInSlices(given: Value, at: string, slice: Slice) {
        const value = checked(given, at);
        const found: Record<string, unknown> = {};
        for (const [name, schema] of entries) {
          if (isGiven(value, name)) found[name] = await readLarge(schema, value[name]!, within(at, name), slice);
        }
        return found as Object<P>;
      },
    }),
  };
}

/** Null counts as absent. */
const isGiven = (value: { [name: string]: Value }, name: string) =>
  Object.hasOwn(value, name) && value[name] !== undefined && value[name] !== null;

const within = (at: string, name: string) => (at === BODY ? `\`${name}\`` : `${at}.${name}`);
export const BODY = "the body";

/** An object of any names. */
export function record<T>(item: Schema<T>, most = 1000): Schema<Record<string, T>> {
  return {
    shape: { type: "object", additionalProperties: item.shape },
    read(value, at) {
      if (!isRecord(value)) throw expected(at, "an object", value);
      const entries = Object.entries(value);
      if (entries.length > most) throw badFormat(`${at} may have ${most} properties, not ${entries.length}`);
      return Object.fromEntries(entries.map(([name, one]) => [name, item.read(one, `${at}.${name}`)]));
    },
  };
}

type Kind = "string" | "number" | "boolean" | "array" | "object";

/** What is asked of a value depends on whether it is a string, a number, an array, … */
export function byKind<C extends Partial<Record<Kind, Schema>>>(choices: C): Schema<Read<NonNullable<C[keyof C]>>> {
  type T = Read<NonNullable<C[keyof C]>>;
  const choiceFor = (value: Value, at: string): Schema<T> => {
    const choice = choices[kindOf(value)];
    if (choice === undefined) throw expected(at, `one of: ${Object.keys(choices).join(", ")}`, value);
    return choice as Schema<T>;
  };
  return {
    get shape() {
      return { anyOf: Object.values(choices).map(({ shape }) => shape) };
    },
    read: (value, at) => choiceFor(value, at).read(value, at),
    readInSlices: async (value, at, slice) => await readLarge(choiceFor(value, at), value, at, slice),
  };
}

function kindOf(value: Value): Kind {
  if (Array.isArray(value)) return "array";
  return typeof value === "bigint" ? "number" : (typeof value as Kind);
}

/** Read into something else. */
export function mapped<T, U>(schema: Schema<T>, convert: (value: T, at: string) => U): Schema<U> {
  const { readInSlices } = schema;
  return {
    ...only(schema),
    read: (value, at) => convert(schema.read(value, at), at),
    ...(readInSlices && {
      readInSlices: async (value: Value, at: string, slice: Slice) => convert(await readInSlices(value, at, slice), at),
    }),
  };
}

function only({ shape }: Schema): { shape: object } {
  return { shape };
}

/** Named in the OpenAPI document, where it stands once; it may refer to itself. */
export function named<T>(name: string, schema: () => Schema<T>): Schema<T> & { definition: () => object } {
  return {
    shape: { $ref: `#/components/schemas/${name}` },
    definition: () => schema().shape,
    read: (value, at) => schema().read(value, at),
  };
}
