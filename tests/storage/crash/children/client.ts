/*
 * A process that is going to die: opens a folder, carries out ops `from` … of a seed's stream, and notes in an
 * append-only file what it does, each line in one write, before and after:
 *
 *   s    about to open         o    open            i N  op N begins        a N  op N is acknowledged
 *   d    all ops are done      x …  something was refused
 *
 * The same lines go to its standard output, so that the other process knows when to end it.
 */
import { openSync, writeSync } from "node:fs";
import { type OpenOptions, open, type VectorIndex } from "../../../../src/index.ts";
import { outOfStack } from "../../../support/out-of-stack.ts";
import { carryOut, isAlone, opAt, SPACE_NAMES } from "../ops.ts";

export interface ClientJob {
  options: OpenOptions & { dimensions: number };
  seed: number;
  from: number;
  to: number;
  /** Ops that may wait for their acknowledgement at the same time. */
  inFlight: number;
  log: string;
  /** After the last op: close, or wait to be killed with the folder open. */
  end: "close" | "wait";
}

const job = JSON.parse(process.argv[2]!) as ClientJob;
const log = openSync(job.log, "a");

function note(line: string): void {
  writeSync(log, `${line}\n`);
  writeSync(1, `${line}\n`);
}

async function run({ options, seed, from, to, inFlight, end }: ClientJob): Promise<void> {
  note("s");
  let index: VectorIndex = await open(options);
  note("o");
  const waiting = new Set<Promise<void>>();
  for (let i = from; i < to; i++) {
    const op = opAt(seed, i, options.dimensions);
    if (isAlone(op)) await Promise.all(waiting);
    if (i % 32 === 0) runOutOfStack(index, i);
    note(`i ${i}`);
    if (op.kind === "reopen") {
      await index.close();
      index = await open(options);
      note(`a ${i}`);
      continue;
    }
    const settled = carryOut(index, op).then(
      () => note(`a ${i}`),
      (error) => note(`x op ${i}: ${String(error)}`),
    );
    waiting.add(settled);
    void settled.then(() => waiting.delete(settled));
    if (isAlone(op)) await settled;
    if (waiting.size >= inFlight) await Promise.race(waiting);
  }
  await Promise.all(waiting);
  note("d");
  if (end === "close") await index.close();
  else setInterval(() => {}, 1000);
}

/** As a caller's recursion does that looks something up, and catches what it comes to. */
function runOutOfStack(index: VectorIndex, i: number): void {
  const look = () =>
    void index
      .space(SPACE_NAMES[0]!)
      .get(i)
      .catch(() => {});
  outOfStack(i % 31, 400, look);
}

run(job).catch((error) => {
  note(`x ${String(error)}`);
  process.exit(3);
});
