/* Which error does a caller get for what was met in a folder, and what is a loss? */
import { expect, test } from "bun:test";
import { HnswError } from "../../../../src/errors.ts";
import { Damage, Findings, pathError } from "../../../../src/storage/disk/damage.ts";

test("an error says what is wrong: an HnswError as it is, damage with a cure, anything else with what failed", () => {
  const own = new HnswError("PATH_FOREIGN", "not ours");
  expect(pathError(own, "The folder can't be read")).toBe(own);
  const damage = pathError(new Damage("a.hnsw is missing"), "The folder can't be read");
  expect([damage.code, damage.message]).toEqual([
    "PATH_DAMAGED",
    expect.stringMatching(/^a\.hnsw is missing: .*salvage/),
  ]);
  const cause = new Error("EACCES");
  const other = pathError(cause, "The folder can't be read");
  expect([other.code, other.message, other.cause]).toEqual(["PATH_FAILED", "The folder can't be read: EACCES.", cause]);
});

test("harmless damage is reported; a loss is refused, or reported while salvaging", () => {
  const strict = new Findings(false);
  strict.harmless("an old snapshot");
  expect(() => strict.lost("an op")).toThrow("an op: restore the folder from a backup");
  expect([strict.problems, strict.lossy]).toEqual([["an old snapshot"], false]);
  const salvaging = new Findings(true);
  salvaging.lost("an op");
  expect([salvaging.problems, salvaging.lossy]).toEqual([["an op"], true]);
});

test("a problem is one line, whatever the folder is called", () => {
  const findings = new Findings(true);
  findings.harmless("/a\nb/journal.mark is missing");
  findings.lost("/a\u001b/journal.mark is missing");
  expect(findings.problems).toEqual(["/a\\u000ab/journal.mark is missing", "/a\\u001b/journal.mark is missing"]);
});
