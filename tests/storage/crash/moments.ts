/*
 * Does a folder survive whichever system call is the last? A client dies as it enters the nth call of some kind, for
 * n = 1, 2, … until it survives: between any two steps of a commit, a round of snapshots, a trim, a recovery or a
 * salvage. Needs strace, which counts calls per thread.
 */
import { rmSync } from "node:fs";
import type { ClientJob } from "./children/client.ts";
import { type Ending, follow, runClient, type Workplace } from "./client.ts";
import { type KnownFolder, look } from "./folders.ts";
import { compare, KillTally } from "./kills.ts";
import { differenceOf, Model } from "./model.ts";
import { opAt, optionsOf } from "./ops.ts";

const OPS = 40;
const CALLS = ["rename,renameat,renameat2", "unlink,unlinkat", "fsync,fdatasync", "pwrite64", "write", "ftruncate"];

export class MomentTally {
  deaths = 0;
  readonly byCalls: Record<string, number> = {};
  readonly failures: string[] = [];
}

/** Whether clients can be made to die at a call here. */
export function canChooseMoments(): boolean {
  if (Bun.which("strace") === null) return false;
  const inject = ["-e", "trace=getppid", "-e", "inject=getppid:error=EPERM"];
  return Bun.spawnSync(["strace", "-qq", "-o", "/dev/null", ...inject, "true"]).exitCode === 0;
}

/** Runs a client that dies at the nth of these calls; null when it finished first. */
async function dieAt(job: ClientJob, calls: string, n: number): Promise<Ending | null> {
  const inject = `inject=${calls}:signal=SIGKILL:when=${n}`;
  const under = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", inject];
  const ending = await runClient(job, () => false, 0, under);
  const refused = ending.lines.find((line) => line.startsWith("x"));
  if (refused !== undefined) throw new Error(`the client was refused: ${refused}`);
  if (ending.by === "itself" && ending.code !== 0) throw new Error(`it ended with ${ending.code}: ${ending.errors}`);
  return ending.by === "itself" ? null : ending;
}

/** Every `stride`th call of each kind, beginning with one that depends on the seed. */
async function forMoments(
  seed: number,
  stride: number,
  tally: MomentTally,
  die: (calls: string, n: number) => Promise<boolean>,
): Promise<void> {
  for (const calls of CALLS) {
    for (let n = 1 + (seed % stride); ; n += stride) {
      try {
        if (!(await die(calls, n))) break;
      } catch (error) {
        tally.failures.push(`seed ${seed}, call ${n} of ${calls}: ${(error as Error).message}`);
        break;
      }
      tally.deaths++;
      tally.byCalls[calls] = (tally.byCalls[calls] ?? 0) + 1;
    }
  }
}

/** Clients of new folders die at every call while they add, delete, drop, take snapshots, close and reopen. */
export async function dieAtWork(place: Workplace, from: number, stride: number, tally: MomentTally): Promise<void> {
  let seed = from;
  while (!isVaried(seed)) seed++;
  const options = { ...optionsOf(seed), path: place.at("index") };
  await forMoments(seed, stride, tally, async (calls, n) => {
    rmSync(options.path, { recursive: true, force: true });
    const job: ClientJob = {
      options: { ...options, workers: 0 },
      seed,
      from: 0,
      to: OPS,
      inFlight: 3,
      log: place.at("log"),
      end: "close",
    };
    const ending = await dieAt(job, calls, n);
    if (ending === null) return false;
    const model = new Model();
    follow(model, job, ending.lines);
    const problems = await compare(place.copy(options.path, "looked"), options, 0, model, new KillTally());
    if (problems.length > 0) throw new Error(problems.join("\n  "));
    return true;
  });
}

/** Whether a seed's first ops include every kind. */
function isVaried(seed: number): boolean {
  const { dimensions } = optionsOf(seed);
  const kinds = Array.from({ length: OPS }, (_, i) => opAt(seed, i, dimensions).kind);
  const count = (kind: string) => kinds.filter((other) => other === kind).length;
  return count("checkpoint") >= 4 && count("reopen") >= 1 && count("drop") >= 2;
}

/** Salvages of a damaged folder die at every call; another salvage, and then a plain opening, find what is readable. */
export async function dieInSalvage(
  place: Workplace,
  folder: KnownFolder,
  damage: (path: string) => void,
  seed: number,
  stride: number,
  tally: MomentTally,
): Promise<void> {
  const options = { ...folder.options, onDamage: "salvage", workers: 0 } as const;
  const damaged = place.copy(folder.path, "damaged");
  damage(damaged);
  const wanted = await look(options, place.copy(damaged, "reference"));
  if (wanted.refusal !== null) throw wanted.refusal;
  await forMoments(seed, stride, tally, async (calls, n) => {
    const path = place.copy(damaged, "salvaging");
    const log = place.at("log");
    const job: ClientJob = { options: { ...options, path }, seed, from: 0, to: 0, inFlight: 1, log, end: "close" };
    if ((await dieAt(job, calls, n)) === null) return false;
    for (const onDamage of ["salvage", "refuse"] as const) {
      const { refusal, content, unsound } = await look({ ...options, onDamage }, path);
      if (refusal !== null) throw new Error(`${onDamage}: ${refusal}`);
      const wrong = differenceOf(content, wanted.content) ?? unsound[0];
      if (wrong) throw new Error(`${onDamage}: ${wrong}`);
    }
    return true;
  });
}
