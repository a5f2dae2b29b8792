/*
 * Where did a page end, so that the next one begins behind it? An opaque text that comes back from anywhere: it is checked,
 * and holds only for the same question.
 */
import { HnswError } from "../errors.ts";

/** Behind the last entry of a page: its place in the order. `value`: undefined when it came after all that have one. */
export interface Place {
  value: string | number | undefined;
  age: number;
}

const VERSION = 1;

/** `question`: whatever the order and the choice of entries depend on, as JSON. */
export function cursorOf({ value, age }: Place, question: string): string {
  const body = JSON.stringify([VERSION, age, ...(value === undefined ? [] : [value])]);
  return toBase64(`${hashOf(question + body)}${body}`);
}

/** Throws BAD_OPTION for what no page of this question returned. */
export function placeOf(cursor: unknown, question: string): Place {
  const text = typeof cursor === "string" ? fromBase64(cursor) : null;
  const body = text?.slice(8) ?? "";
  if (text === null || text.slice(0, 8) !== hashOf(question + body)) {
    const what = "`after` must be the `next` of a page of the same space, `where`, `orderBy` and `descending`";
    throw new HnswError("BAD_OPTION", `${what}.`);
  }
  const [, age, value] = JSON.parse(body) as [number, number, (string | number)?];
  return { age, value };
}

/** FNV-1a over UTF-16 units: a slip is noticed; it keeps no secret. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Null for what `toBase64` never returns. */
function fromBase64(text: string): string | null {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (unit) => unit.charCodeAt(0)));
  } catch {
    return null;
  }
}
