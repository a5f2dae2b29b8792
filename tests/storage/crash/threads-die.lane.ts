/* Do acknowledgements continue, and stay true, when a worker, the journal thread or the snapshot thread ends? */
import { expect, test } from "bun:test";
import { Workplace } from "./client.ts";

const ROUNDS = 4;
const CRASHES_MAX = 3; // of Bun itself: about once in 150 ends of a worker (1.4.5, 2026-11-24)

test("threads that end are replaced, and nothing acknowledged is lost", async () => {
  using place = new Workplace();
  for (let crashes = 0; ; crashes++) {
    const child = Bun.spawn(
      [process.execPath, `${import.meta.dir}/children/threads-die.ts`, place.at("index"), String(ROUNDS)],
      { stdout: "pipe", stderr: "pipe" },
    );
    const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    await child.exited;
    if (errors.includes("Bun has crashed") && crashes < CRASHES_MAX) continue;
    expect(errors).toBe("");
    expect(output).toBe("passed\n");
    return;
  }
});
