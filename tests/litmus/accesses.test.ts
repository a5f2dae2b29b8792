/* Do the functions that litmus tests stand for still access memory in the order that the tests were written for? */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { accessesOf } from "./accesses.ts";
import { PROTOCOLS } from "./protocols.ts";

const GOLDEN = join(import.meta.dir, "accesses.txt");

/** The litmus tests of each function. */
const functions = new Map<string, string[]>();
for (const { name, stands } of PROTOCOLS) {
  for (const [file, names] of Object.entries(stands)) {
    for (const one of names) {
      const place = `${file} ${one}`;
      functions.set(place, [...(functions.get(place) ?? []), name]);
    }
  }
}

async function accesses(place: string): Promise<string> {
  const [file, name] = place.split(" ") as [string, string];
  const also = new Set([...functions.keys()].map((other) => other.split(" ")[1]!));
  return (await accessesOf(file, name, also)).map((line) => `  ${line}\n`).join("");
}

// After a change: see that the litmus tests named still say what the functions do, then UPDATE_GOLDEN=1 bun test ./tests/litmus
test("no function accesses memory in another order", async () => {
  const lines: string[] = [];
  for (const [place, tests] of [...functions].sort())
    lines.push(`${place}: ${tests.join(", ")}\n${await accesses(place)}`);
  const now = lines.join("\n");
  if (process.env.UPDATE_GOLDEN) await Bun.write(GOLDEN, now);
  expect(now).toBe(await Bun.file(GOLDEN).text());
});
