/* How do integers of 64 bits come through JSON? Those that a number can't hold are bigints. */

/** What JSON can hold. */
export type Value = null | boolean | number | bigint | string | Value[] | { [name: string]: Value };

/** Of a point. */
export type Id = number | bigint | string;

/** Throws SyntaxError. */
export function parse(text: string): Value {
  const revive = (_: string, value: Value, context?: { source?: string }) => {
    const digits = context?.source; // engines without it lose digits, as before
    if (typeof value !== "number" || digits === undefined) return value;
    return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
  };
  return JSON.parse(text, revive as (name: string, value: unknown) => unknown) as Value;
}

/** Bigints as their digits; `indent` spaces a level, or everything in one line. */
export function print(value: unknown, indent = 0, level = 0): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((one) => print(one, indent, level + 1))
    : Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([name, one]) => `${JSON.stringify(name)}:${indent > 0 ? " " : ""}${print(one, indent, level + 1)}`);
  if (indent === 0 || parts.length === 0) return `${open}${parts.join(",")}${close}`;
  const line = `\n${" ".repeat(indent * (level + 1))}`;
  return `${open}${line}${parts.join(`,${line}`)}\n${" ".repeat(indent * level)}${close}`;
}
