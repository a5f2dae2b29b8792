/*
 * Runs all tests and all lanes: the tests of a folder in one process, its lanes in another, and three processes at a time
 * on two cores and more, since many wait for a disk or a program (on one core, two). With arguments, `bun test` with them;
 * of a folder, its lanes as well.
 *
 * A lane (`*.lane.ts`) takes longer, or installs programs: plain `bun test` leaves it out.
 *
 * Bun itself may crash where workers end (1.4.5: now and then in a thousand ends). Such a process is started again, the
 * last lines say so, and more than MOST_CRASHES fail the run.
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, normalize } from "node:path";
import { buildCore } from "./build-core.ts";

const TRIES = 3;
const MOST_CRASHES = 3;
const AT_A_TIME = Math.min(3, availableParallelism() + 1);
/** These are started first, so that what is left at the end is short and all processes end together. */
const LONGEST = [
  ...["runtimes lanes", "behaviour", "bench lanes", "storage lanes", "cli lanes", "core", "storage"],
  ...["stress lanes", "examples lanes"],
];

interface Part {
  name: string;
  args: string[];
}

const given = process.argv.slice(2);
await buildCore(); // once, before two processes would
const waiting = given.length > 0 ? [{ name: given.join(" "), args: given.flatMap(expanded) }] : parts();
const total = { pass: 0, fail: 0 };
let crashes = 0;
await Promise.all(Array.from({ length: AT_A_TIME }, runWaiting));
const crashed = crashes > 0 ? `; Bun crashed ${crashes} times, at most ${MOST_CRASHES} are accepted` : "";
console.log(`\n all of ${given.join(" ") || "tests"}${crashed}`);
console.log(` ${total.pass} pass\n ${total.fail} fail`);
process.exit(total.fail === 0 && total.pass > 0 && crashes <= MOST_CRASHES ? 0 : 1);

async function runWaiting(): Promise<void> {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const { pass, fail } = await resultOf(part);
    total.pass += pass;
    total.fail += fail;
  }
}

/** The tests and the lanes of each folder; files that lie in none are one part. */
function parts(): Part[] {
  const byName = new Map<string, Part>();
  for (const file of filesIn("tests")) {
    const [, folder, ...inside] = file.split("/");
    const name = `${inside.length > 0 ? folder : "tests"}${file.endsWith(".lane.ts") ? " lanes" : ""}`;
    const part = byName.get(name) ?? { name, args: [] };
    byName.set(name, part);
    part.args.push(`./${file}`);
  }
  const places = [...LONGEST, ...byName.keys()];
  return [...byName.values()].sort((a, b) => places.indexOf(a.name) - places.indexOf(b.name));
}

/** Tests and lanes below a folder, sorted. */
function filesIn(folder: string): string[] {
  const files = [...new Bun.Glob("**/*.{test,lane}.ts").scanSync(folder)];
  return files
    .filter((file) => !file.includes("node_modules"))
    .sort()
    .map((file) => join(folder, file));
}

/** The files of a folder, since Bun finds no lanes there; everything else stays as it is. */
function expanded(argument: string): string[] {
  const isFolder = statSync(argument, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? filesIn(normalize(argument)).map((file) => `./${file}`) : [argument];
}

async function resultOf(part: Part): Promise<{ pass: number; fail: number }> {
  for (let tries = 1; ; tries++) {
    const { code, output } = await run(part);
    const [pass, fail] = [countOf("pass", output), countOf("fail", output)];
    const crashed = !/^Ran \d+ tests? across/m.test(output) && output.includes("Bun has crashed");
    // A process that ends badly without a failed test counts as one.
    if (!crashed || tries === TRIES) return { pass, fail: code === 0 ? fail : Math.max(fail, 1) };
    crashes++;
    console.log(`── Bun itself crashed in ${part.name}: once more`);
  }
}

/** Shows what the tests print, as a whole at their end where others run beside them. */
async function run({ name, args }: Part): Promise<{ code: number; output: string }> {
  const start = performance.now();
  const job = Bun.spawn([process.execPath, "test", ...args], { stdout: "pipe", stderr: "pipe" });
  const alone = given.length > 0;
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      if (alone) process.stdout.write(piece);
      output += piece;
    }
  };
  const [code] = await Promise.all([job.exited, read(job.stdout), read(job.stderr)]);
  if (!alone) process.stdout.write(`${output}── ${name}: ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  return { code, output };
}

function countOf(what: "pass" | "fail", output: string): number {
  return Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(output)?.[1] ?? 0);
}
