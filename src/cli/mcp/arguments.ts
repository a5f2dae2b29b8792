/* Are the arguments of a tool what its schema says? The part of JSON Schema that the tools use. */
import { HnswError } from "../../errors.ts";

export interface Property {
  type: "string" | "integer" | "number" | "boolean" | "object" | "array";
  description?: string;
  items?: { type: "string" | "number" };
  minLength?: number;
  minItems?: number;
  minimum?: number;
  maximum?: number;
}

export interface ObjectSchema {
  type: "object";
  properties: Record<string, Property>;
  required?: string[];
  additionalProperties: false;
}

/** Own properties of `given`, checked. Throws BAD_OPTION. */
export function readArguments({ properties, required = [] }: ObjectSchema, given: unknown): Map<string, unknown> {
  const values = new Map(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
  for (const name of required) if (!values.has(name)) throw bad(`\`${name}\` is missing`);
  for (const [name, value] of values) {
    const property = Object.hasOwn(properties, name) ? properties[name]! : null;
    if (property === null) throw bad(`"${name}" is no argument; there are ${Object.keys(properties).join(", ")}`);
    const problem = problemOf(property, value);
    if (problem !== null) throw bad(`\`${name}\` must be ${problem}`);
  }
  return values;
}

/** What a value would have to be, or null when it is. */
function problemOf({ type, items, minLength = 0, minItems = 0, minimum, maximum }: Property, value: unknown) {
  switch (type) {
    case "string":
      if (typeof value !== "string") return "a text";
      return value.trim().length < minLength ? "a text that is not empty" : null;
    case "boolean":
      return typeof value === "boolean" ? null : "true or false";
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value) ? null : "an object";
    case "array": {
      const isList = Array.isArray(value) && value.every((one) => typeof one === items!.type);
      if (!isList) return `a list of ${items!.type}s`;
      return value.length < minItems ? "a list that is not empty" : null;
    }
    default: {
      const fits = type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
      const [low, high] = [minimum ?? Number.NEGATIVE_INFINITY, maximum ?? Number.POSITIVE_INFINITY];
      if (fits && (value as number) >= low && (value as number) <= high) return null;
      const range = maximum === undefined ? `from ${minimum} up` : `from ${minimum} to ${maximum}`;
      return `${type === "integer" ? "an integer" : "a number"}${minimum === undefined ? "" : ` ${range}`}`;
    }
  }
}

function bad(problem: string): HnswError {
  return new HnswError("BAD_OPTION", `${problem[0]!.toUpperCase()}${problem.slice(1)}.`);
}
