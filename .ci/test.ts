/*
 * Runs all tests, one process per folder of tests/ and as many at a time as there are cores, two at the most; with
 * arguments, `bun test` with them.
 *
 * Bun itself may crash where workers end (1.4.5: now and then in a thousand ends). Such a process is started again, the
 * last lines say so, and more than MOST_CRASHES fail the run.
 */
import { availableParallelism } from "node:os";

const TRIES = 3;
const MOST_CRASHES = 3;

const given = process.argv.slice(2);
const waiting = given.length > 0 ? [given] : parts();
const total = { pass: 0, fail: 0 };
let crashes = 0;
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
const crashed = crashes > 0 ? `; Bun crashed ${crashes} times, at most ${MOST_CRASHES} are accepted` : "";
console.log(`\n all of ${given.join(" ") || "tests"}${crashed}`);
console.log(` ${total.pass} pass\n ${total.fail} fail`);
process.exit(total.fail === 0 && total.pass > 0 && crashes <= MOST_CRASHES ? 0 : 1);

async function lane(): Promise<void> {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const { pass, fail } = await resultOf(part);
    total.pass += pass;
    total.fail += fail;
  }
}

/** Every folder that has tests, then the files that lie in none. */
function parts(): string[][] {
  const files = [...new Bun.Glob("**/*.test.ts").scanSync("tests")].filter((file) => !file.includes("node_modules"));
  const [inFolders, others] = [files.filter((file) => file.includes("/")), files.filter((file) => !file.includes("/"))];
  const folders = new Set(inFolders.map((file) => `./tests/${file.split("/")[0]}/`));
  return [...[...folders].sort().map((folder) => [folder]), others.map((file) => `./tests/${file}`)];
}

async function resultOf(part: string[]): Promise<{ pass: number; fail: number }> {
  for (let tries = 1; ; tries++) {
    const { code, output } = await run(part);
    const [pass, fail] = [countOf("pass", output), countOf("fail", output)];
    const crashed = !/^Ran \d+ tests? across/m.test(output) && output.includes("Bun has crashed");
    // A process that ends badly without a failed test counts as one.
    if (!crashed || tries === TRIES) return { pass, fail: code === 0 ? fail : Math.max(fail, 1) };
    crashes++;
    console.log(`── Bun itself crashed in ${part.join(" ")}: once more`);
  }
}

/** Shows what the tests print, as a whole at their end where others run beside them. */
async function run(part: string[]): Promise<{ code: number; output: string }> {
  const job = Bun.spawn([process.execPath, "test", ...part], { stdout: "pipe", stderr: "pipe" });
  const alone = given.length > 0;
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      if (alone) process.stdout.write(piece);
      output += piece;
    }
  };
  const [code] = await Promise.all([job.exited, read(job.stdout), read(job.stderr)]);
  if (!alone) process.stdout.write(output);
  return { code, output };
}

function countOf(what: "pass" | "fail", output: string): number {
  return Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(output)?.[1] ?? 0);
}
