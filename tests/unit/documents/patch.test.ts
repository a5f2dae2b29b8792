/* What does a patch change in a document? */
import { expect, test } from "bun:test";
import { patched, readPatch } from "../../../src/documents/patch.ts";

const patch = (document: Parameters<typeof patched>[0], changes: unknown) =>
  patched(document, readPatch(changes, 1000));

test("top-level properties are replaced, undefined ones removed, null stays", () => {
  const before = { a: 1, b: { c: 2, d: 3 }, e: "x" };
  expect(patch(before, { b: { c: 5 }, e: undefined, f: null })).toEqual({ a: 1, b: { c: 5 }, f: null });
  expect(before).toEqual({ a: 1, b: { c: 2, d: 3 }, e: "x" });
  expect(Object.keys(patch(before, { e: undefined }) as object)).toEqual(["a", "b"]);
});

test("an entry without a document gets one", () => {
  expect(patch(undefined, { a: 1 })).toEqual({ a: 1 });
});

test("what has no properties can't be merged, and a patch is what a document could hold", () => {
  for (const document of [null, 5, "text", [1]]) expect(() => patch(document, { a: 1 })).toThrow(/`add` replaces it/);
  for (const changes of [null, 5, [1], new Map()]) expect(() => patch({}, changes)).toThrow(/must be an object/);
  expect(() => patch({}, { a: { b: () => 1 } })).toThrow("`patch.a.b` is a function, which JSON drops.");
  expect(() => patch({}, { a: "x".repeat(2000) })).toThrow(expect.objectContaining({ code: "DOCUMENT_TOO_LARGE" }));
});
