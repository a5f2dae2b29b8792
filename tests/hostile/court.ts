/*
 * How is what may hang or take the process with it judged? In a child of its own: one that says nothing for too long is
 * killed, one that dies has met a fault, and another goes on with the next.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Verdict } from "./judge.ts";

const JUDGE = new URL("./judge.ts", import.meta.url).pathname;
const START_MS = 20_000;
/** Many times what a judge takes, since the machine may be busy. */
const SILENCE_MS = 10_000;
/** What a child says before its first verdict. */
export const READY = "ready";
const MOST_RSS = 600 * 2 ** 20;

/** A verdict for each export, in their order. */
export async function judgeExports(exports: readonly Uint8Array[]): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "hnsw-workers-hostile-"));
  try {
    const file = join(folder, "exports");
    writeFileSync(file, packed(exports));
    return await inChildren(exports.length, (first) => [JUDGE, file, String(first)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function packed(exports: readonly Uint8Array[]): Uint8Array {
  const pieces = exports.flatMap((bytes) => [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes]);
  return Buffer.concat(pieces);
}

/** Starts children until there are `count` verdicts; `args` are those of one that begins with number `first`. */
export async function inChildren(
  count: number,
  args: (first: number) => string[],
  silenceMs = SILENCE_MS,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  while (verdicts.length < count) {
    const end = await oneChild(args(verdicts.length), silenceMs, (line) => verdicts.push(JSON.parse(line)));
    if (verdicts.length < count) verdicts.push({ kind: "wrong", why: end });
  }
  return verdicts;
}

/** Runs one child, which says READY first. Resolves to how it ended. */
async function oneChild(args: string[], silenceMs: number, heard: (line: string) => void): Promise<string> {
  const child = Bun.spawn([process.execPath, ...args], { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
  let why = "";
  const kill = (reason: string) => {
    why ||= reason;
    child.kill("SIGKILL");
  };
  let silence = setTimeout(() => kill("did not begin"), START_MS);
  const watch = setInterval(() => {
    const rss = residentBytes(child.pid);
    if (rss > MOST_RSS) kill(`took ${Math.round(rss / 2 ** 20)} MiB`);
  }, 200);
  const errors = new Response(child.stderr).text();
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line !== READY) heard(line);
    clearTimeout(silence);
    silence = setTimeout(() => kill(`hung for ${silenceMs / 1000} s`), silenceMs);
  }
  const code = await child.exited;
  clearTimeout(silence);
  clearInterval(watch);
  const said = (await errors).trim().split("\n").slice(-3).join(" ");
  return why || `the process ended with ${code}: ${said}`;
}

function residentBytes(pid: number): number {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
