/* Is what a user gave what an option takes? Every refusal is worded here. */
import { HnswError } from "../errors.ts";
import { kindOf } from "../values/kind.ts";

export function badOption(message: string): HnswError {
  return new HnswError("BAD_OPTION", message);
}

/** Throws BAD_OPTION for a name that is not one of `known`. */
export function refuseUnknown(given: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    const hint = near ? `did you mean \`${near}\`?` : `known are ${known.join(", ")}.`;
    throw badOption(`\`${name}\` is not an option of ${where}; ${hint}`);
  }
}

export function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null;
}

/** `fallback` stands in for undefined. Throws BAD_OPTION. */
export function integer<T>(name: string, value: unknown, fallback: T, low: number, high: number): number | T {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  throw badOption(`\`${name}\` must be an integer from ${low} to ${high}, not ${show(value)}.`);
}

/** `fallback` stands in for undefined. Throws BAD_OPTION. */
export function oneOf<C extends string, T>(name: string, value: unknown, fallback: T, choices: readonly C[]): C | T {
  if (value === undefined) return fallback;
  if (choices.includes(value as C)) return value as C;
  throw badOption(`\`${name}\` must be ${choices.map((choice) => `"${choice}"`).join(" or ")}, not ${show(value)}.`);
}

const [LEAST_RECALL, MOST_RECALL] = [0.5, 0.999];

/** `fallback` stands in for undefined. `others`: what it may be besides. Throws BAD_OPTION. */
export function readRecall(name: string, value: unknown, fallback: number, others = ""): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >= LEAST_RECALL && value <= MOST_RECALL) return value;
  const range = `a share from ${LEAST_RECALL} to ${MOST_RECALL}`;
  throw badOption(`\`${name}\` must be ${range}${others}, not ${show(value)}.`);
}

/** Throws BAD_OPTION. */
export function checkCore(core: unknown): void {
  if (core === undefined || kindOf(core) === "WebAssembly.Module") return;
  const elsewhere = "Where the import of `hnsw-workers/core.wasm` gives no module but a path, compile that file.";
  throw badOption(`\`core\` must be a WebAssembly.Module, not ${show(core)}. ${elsewhere}`);
}

/** The refusal of an argument that `method` does not take: its caller believes that it does something. */
export function tooMany(method: string, extra: unknown): HnswError {
  return badOption(`\`${method}\` takes no more arguments, and got ${show(extra)} as one.`);
}

export function show(value: unknown): string {
  if (isObject(value)) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "string" ? `"${value}"` : String(value);
}
