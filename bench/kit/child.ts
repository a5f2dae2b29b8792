// How does one measurement run? In a fresh process on the first cores allowed, so that no measurement inherits a warm heap.

import { join } from "node:path";
import { allowedCores } from "./machine.ts";

const TIMEOUT_MS = 30 * 60_000;

/** Runs a program, named as from bench/, with a task; its answer is the last line it prints. Throws if the child fails. */
export async function measureInChild<Task, Answer>(script: string, task: Task, cores: number): Promise<Answer> {
  const command = [process.execPath, join(import.meta.dir, "..", script), JSON.stringify(task)];
  const taskset = Bun.which("taskset");
  const pinned = taskset ? [taskset, "-c", allowedCores().slice(0, cores).join(","), ...command] : command;
  const child = Bun.spawn(pinned, { stdout: "pipe", stderr: "pipe", timeout: TIMEOUT_MS });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  const answer = output.trim().split("\n").at(-1);
  if (code !== 0 || !answer) {
    throw new Error(`${child.signalCode ?? `exit ${code}`}: ${errors.trim().slice(-2000) || "no message"}`);
  }
  return JSON.parse(answer);
}
