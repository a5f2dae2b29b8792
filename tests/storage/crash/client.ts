/* How does a test start a client, learn what it did, and end it at a chosen moment? */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientJob } from "./children/client.ts";
import type { Model } from "./model.ts";
import { opAt } from "./ops.ts";

/** A folder of its own for a test, deleted at the end unless `keep` was called. */
export class Workplace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "hnsw-crash-"));
  private kept = false;

  at(name: string): string {
    return join(this.path, name);
  }

  /** A copy of a folder under another name, replacing what was there; an empty folder if there is nothing to copy. */
  copy(from: string, name: string): string {
    const to = this.at(name);
    rmSync(to, { recursive: true, force: true });
    if (existsSync(from)) cpSync(from, to, { recursive: true });
    else mkdirSync(to);
    return to;
  }

  keep(): void {
    this.kept = true;
  }

  [Symbol.dispose](): void {
    if (!this.kept) rmSync(this.path, { recursive: true, force: true });
  }
}

export interface Ending {
  /** How it ended: by our SIGKILL, by itself with that code, or by another signal when Bun crashed. */
  by: "us" | "itself" | "crash";
  code: number | null;
  lines: string[];
  errors: string;
}

/** Starts a client, under another program if one is given, and kills it `afterMs` after a line that `isTime` accepts. */
export async function runClient(
  job: ClientJob,
  isTime: (line: string) => boolean,
  afterMs = 0,
  under: string[] = [],
): Promise<Ending> {
  rmSync(job.log, { force: true });
  const command = [process.execPath, `${import.meta.dir}/children/client.ts`, JSON.stringify(job)];
  const child = Bun.spawn([...under, ...command], { stdout: "pipe", stderr: "pipe" });
  const errors = new Response(child.stderr).text();
  let ours = false;
  let rest = "";
  const end = () => {
    ours = child.exitCode === null && child.signalCode === null;
    child.kill("SIGKILL");
  };
  let due = false;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    if (due || !lines.some(isTime)) continue;
    due = true;
    if (afterMs === 0) end();
    else setTimeout(end, afterMs);
  }
  await child.exited;
  const by = ours && child.signalCode === "SIGKILL" ? "us" : child.signalCode === null ? "itself" : "crash";
  const text = existsSync(job.log) ? readFileSync(job.log, "utf8") : "";
  const lines = text.split("\n").filter((line) => line !== "");
  return { by, code: child.exitCode, lines, errors: await errors };
}

/** Feeds a client's lines to the model. Returns the number of the next op. */
export function follow(model: Model, { seed, from, options }: ClientJob, lines: string[]): number {
  let next = from;
  for (const line of lines) {
    const [what, number] = line.split(" ");
    if (what !== "i" && what !== "a") continue;
    const i = Number(number);
    const op = opAt(seed, i, options.dimensions);
    if (what === "i") {
      model.intend(i, op);
      next = i + 1;
    } else if (op.kind === "flush" || op.kind === "reopen") {
      model.acknowledgeAllBefore(i);
    } else if (op.kind !== "checkpoint" && options.durability !== "relaxed") {
      model.acknowledge(i);
    }
  }
  return next;
}
