/*
 * All tests, a process for each folder; with arguments, `bun test` with them. Bun 1.4.5 itself crashes now and then where
 * workers end, a thousand of them in one run: then that process is started again, and the end says so.
 */
import { dirname } from "node:path";

const TESTS = "tests";
const TRIES = 3;

interface Result {
  pass: number;
  fail: number;
}

const given = process.argv.slice(2);
const parts = given.length > 0 ? [given] : foldersWithTests();
const total: Result = { pass: 0, fail: 0 };
let crashes = 0;
for (const part of parts) {
  const { pass, fail } = await testsOf(part);
  total.pass += pass;
  total.fail += fail;
}
console.log(
  `\n all of ${given.length > 0 ? given.join(" ") : TESTS}${crashes > 0 ? `; Bun crashed ${crashes} times` : ""}`,
);
console.log(` ${total.pass} pass\n ${total.fail} fail`);
process.exit(total.fail === 0 && total.pass > 0 ? 0 : 1);

/** The folders of tests/, then the files that lie in none. */
function foldersWithTests(): string[][] {
  const files = [...new Bun.Glob("**/*.test.ts").scanSync(TESTS)].filter((file) => !file.includes("node_modules"));
  const folders = new Set(files.filter((file) => file.includes("/")).map((file) => `${TESTS}/${dirname(file)}/`));
  return [
    ...[...folders].sort().map((folder) => testsIn(folder)),
    files.filter((file) => !file.includes("/")).map((file) => `${TESTS}/${file}`),
  ];
}

/** Names of the tests right in a folder: `bun test` with the folder's name runs those below it, too. */
function testsIn(folder: string): string[] {
  return [...new Bun.Glob("*.test.ts").scanSync(folder)].sort().map((file) => `./${folder}${file}`);
}

async function testsOf(part: string[]): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const { output, code } = await run(part);
    const result = { pass: countOf("pass", output), fail: countOf("fail", output) };
    const crashed = !/^Ran \d+ tests? across/m.test(output) && output.includes("Bun has crashed");
    if (!crashed || tries === TRIES) {
      // A process that ends badly without a failed test has failed, too.
      return code === 0 || result.fail > 0 ? result : { ...result, fail: 1 };
    }
    crashes++;
    console.log(`── Bun itself crashed in ${part.join(" ")}: once more`);
  }
}

/** Runs `bun test` with these arguments and shows what it prints. */
async function run(part: string[]): Promise<{ output: string; code: number }> {
  const job = Bun.spawn([process.execPath, "test", "--timeout", "120000", ...part], { stdout: "pipe", stderr: "pipe" });
  const shown = async (stream: ReadableStream<Uint8Array>) => {
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      process.stdout.write(piece);
      text += piece;
    }
    return text;
  };
  const texts = await Promise.all([shown(job.stdout), shown(job.stderr)]);
  return { output: texts.join("\n"), code: await job.exited };
}

function countOf(what: "pass" | "fail", output: string): number {
  return Number(output.match(new RegExp(`^ *(\\d+) ${what}$`, "m"))?.[1] ?? 0);
}
