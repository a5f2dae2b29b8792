/* What becomes of a test that needs a program which is not here? It is skipped, and says what would bring it. */
import { test } from "bun:test";
import type { Program } from "./install.ts";

export function testWith(program: Program, name: string, run: (path: string) => Promise<void>): void {
  if ("missing" in program) {
    console.warn(`not tested: ${name}: ${program.missing}`);
    test.skip(`${name}: ${program.missing}`, () => {});
  } else test(name, () => run(program.path));
}
