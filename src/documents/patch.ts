/* What does an `update` change in a document? Its top-level properties: given ones replace, undefined ones are removed. */
import { HnswError } from "../errors.ts";
import { nameOf } from "../values/kind.ts";
import { isPlain, type Json, ownCopy, setOwn } from "./json.ts";

/** A patch that was read: each property's new value, or undefined where it is removed. */
export type ReadPatch = [name: string, value: Json | undefined][];

/** Throws BAD_METADATA or DOCUMENT_TOO_LARGE. */
export function readPatch(given: unknown, maxBytes: number): ReadPatch {
  if (typeof given !== "object" || given === null || Array.isArray(given) || !isPlain(given)) {
    throw new HnswError("BAD_METADATA", `A patch must be an object of properties, not ${nameOf(given)}.`);
  }
  return Object.entries(given).map(([name, value]) => {
    return [name, value === undefined ? undefined : ownCopy(value, maxBytes, `patch.${name}`)];
  });
}

/** The document that comes of it; a missing one counts as empty. Throws BAD_METADATA where there are no properties. */
export function patched(document: Json | undefined, patch: ReadPatch): Json {
  if (document === undefined) return merged({}, patch);
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return merged(document, patch);
  const found = Array.isArray(document) ? "an array" : document === null ? "null" : `a ${typeof document}`;
  throw new HnswError(
    "BAD_METADATA",
    `\`update\` merges properties, and this document is ${found}: \`add\` replaces it.`,
  );
}

function merged(document: { [name: string]: Json }, patch: ReadPatch): Json {
  const result: { [name: string]: Json } = {};
  for (const name of Object.keys(document)) setOwn(result, name, document[name]!);
  for (const [name, value] of patch) {
    if (value === undefined) delete result[name];
    else setOwn(result, name, value);
  }
  return result;
}
