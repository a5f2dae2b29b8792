/*
 * Does what must be on the disk first get there first? A killed process can't show it, since the system still writes
 * what it was given; the order of system calls can.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Workplace } from "./client.ts";

const CALLS = "fsync,fdatasync,rename,renameat,renameat2,openat,unlink,unlinkat,pwrite64,write,mkdir,mkdirat";

interface Call {
  name: string;
  /** The file names in its arguments. */
  what: string;
}

/** The calls of a process and its threads, in the order in which they ended. Null where they can't be traced. */
function traced(output: string, ...command: string[]): Call[] | null {
  if (Bun.which("strace") === null) return null;
  const args = ["-f", "-y", "-qq", "-s", "0", "-o", output, "-e", `trace=${CALLS}`];
  const { exitCode, stderr } = Bun.spawnSync(["strace", ...args, process.execPath, ...command], { stderr: "pipe" });
  if (/PTRACE|Operation not permitted/.test(stderr.toString())) return null;
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${stderr}`);
  const started = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of readFileSync(output, "utf8").split("\n")) {
    const [, thread, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) continue;
    if (text.endsWith("<unfinished ...>")) {
      started.set(thread, text);
      continue;
    }
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(text);
    const whole = resumed ? started.get(thread)! + resumed[2] : text;
    const name = /^(\w+)\(/.exec(whole)?.[1];
    const failed = /= -1 /.test(whole);
    if (name !== undefined && !failed) calls.push({ name, what: whole.slice(name.length) });
  }
  return calls;
}

test("a snapshot is on the disk before it has its name, and registered before what it replaces is deleted", async () => {
  using place = new Workplace();
  const folder = place.at("index");
  const calls = traced(place.at("trace"), `${import.meta.dir}/children/checkpoint.ts`, folder);
  if (calls === null) return console.log("skipped: no strace here, or it may not trace");

  const after = (from: number, holds: (call: Call) => boolean, what: string) => {
    const at = calls.findIndex((call, i) => i > from && holds(call));
    if (at < 0) throw new Error(`never after call ${from} (${calls[from]?.what}): ${what}`);
    return at;
  };
  const syncs = ({ name, what }: Call, file: string) => name.includes("sync") && what.includes(`<${file}>`);
  const writes = ({ name, what }: Call, file: string) => name.includes("write") && what.includes(`<${file}>`);
  const renamed = calls.flatMap(({ name, what }, i) => {
    const file = /"([^"]*\.hnsw)\.tmp"/.exec(what)?.[1];
    return name.startsWith("rename") && file !== undefined ? [{ file, at: i }] : [];
  });
  expect(renamed.length).toBeGreaterThanOrEqual(4);

  for (const { file, at } of renamed) {
    const lastWrite = calls.findLastIndex((call, i) => i < at && writes(call, `${file}.tmp`));
    const synced = after(lastWrite, (call) => syncs(call, `${file}.tmp`), `${file} is brought to the disk`);
    expect(lastWrite).toBeGreaterThan(0);
    expect(synced).toBeLessThan(at);
    const named = after(at, (call) => syncs(call, `${folder}/snapshots`), "the folder is brought to the disk");
    const log = `${folder}/journal.sqlite-wal`;
    const registering = after(named, (call) => writes(call, log), "it is registered");
    const registered = after(registering, (call) => syncs(call, log), "its registration is on the disk");
    const next = renamed.find((other) => other.at > at)?.at ?? calls.length;
    expect(registered).toBeLessThan(next);
    // Nothing is deleted between the start of the round and the registration.
    const deleted = calls.findIndex(
      ({ name, what }, i) => i > lastWrite && i < registered && name.startsWith("unlink") && what.includes(".hnsw"),
    );
    expect(deleted).toBe(-1);
  }
  const unlinked = calls.filter(({ name, what }) => name.startsWith("unlink") && what.includes(".hnsw"));
  expect(unlinked.length).toBeGreaterThan(0);
});

test("the names of a new folder are synced as well", async () => {
  using place = new Workplace();
  const folder = place.at("a/b/index");
  const calls = traced(place.at("trace"), `${import.meta.dir}/children/checkpoint.ts`, folder);
  if (calls === null) return console.log("skipped: no strace here, or it may not trace");
  const commit = calls.findIndex(({ name, what }) => name.includes("sync") && what.includes("journal.sqlite-wal>"));
  for (const holder of [place.path, place.at("a"), place.at("a/b"), folder]) {
    const at = calls.findIndex(({ name, what }) => name.includes("sync") && what.includes(`<${holder}>`));
    expect(at, holder).toBeGreaterThan(0);
    if (holder !== folder) expect(at, holder).toBeLessThan(commit);
  }
});
