/* How does a test run another process to its end, and look at what came of it? */
import type { Spawn } from "bun";

export interface Ended {
  code: number;
  out: string;
  err: string;
}

type Options = Spawn.SpawnOptions<Spawn.Writable, "pipe", "pipe">;

/** Runs a command to its end. */
export async function run(command: string[], options: Partial<Options> = {}): Promise<Ended> {
  const job = Bun.spawn(command, { ...options, stdout: "pipe", stderr: "pipe" });
  const [code, out, err] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()]);
  return { code, out, err };
}

/** Runs a program of these lines. */
export function evaluate(source: string, options: Partial<Options> = {}): Promise<Ended> {
  return run([process.execPath, "--eval", source], options);
}

/** What a command prints that ends well; fails with all that it printed otherwise. */
export async function outputOf(command: string[], options: Partial<Options> = {}): Promise<string> {
  const { code, out, err } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${out}${err}`);
  return out;
}
