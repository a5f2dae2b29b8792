/*
 * Does linking work while the engine compiles its code anew beneath two threads? With Bun 1.4.5 a `memory.fill` did not
 * (assembly/words.ts): of 1,200 threads here 3, 0 and 5 ended in a trap. The compiler runs where it is called for, not
 * beside, which makes that more likely.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

const ROUNDS = 800;

test("two threads link with a cold module, hundreds of times, without a trap", async () => {
  const program = Bun.spawn([process.execPath, join(import.meta.dir, "cold-threads.ts"), `${ROUNDS}`], {
    env: { ...process.env, BUN_JSC_useConcurrentJIT: "0" },
    stdout: "pipe",
    stderr: "inherit",
  });
  const [said, code] = await Promise.all([program.stdout.text(), program.exited]);
  expect({ code, ...JSON.parse(said) }).toEqual({ code: 0, linked: 2 * ROUNDS, wrong: [] });
}, 120_000);
