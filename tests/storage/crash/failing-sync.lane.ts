/* What happens while the disk fails to sync, so that it is unknown what of a group is on it, and what afterwards? */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../../src/index.ts";
import { GroupLog } from "../../../src/storage/log/group-log.ts";
import { Workplace } from "./client.ts";
import { OPTIONS } from "./folders.ts";

/** The library that makes syncs fail, or null where there is no compiler for it. */
function library(place: Workplace): string | null {
  const compiler = Bun.which("cc");
  if (compiler === null || process.platform !== "linux") return null;
  const file = place.at("failing-sync.so");
  const { exitCode, stderr } = Bun.spawnSync(
    [compiler, "-shared", "-fPIC", "-o", file, `${import.meta.dir}/failing-sync.c`, "-ldl"],
    { stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(`the compiler failed: ${stderr}`);
  return file;
}

test("ops whose sync failed are uncertain, and written again under the same numbers", async () => {
  using place = new Workplace();
  const preload = library(place);
  if (preload === null) return console.log("skipped: no C compiler here, or not Linux");
  const path = place.at("index");
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/children/failing-sync.ts`, path], {
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, LD_PRELOAD: preload, HNSW_FAIL_SYNC: place.at("trigger") },
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  expect(errors).toBe("");
  const { uncertain, ...seen } = JSON.parse(output);
  // The first was accepted before the failure was known, the others perhaps.
  const accepted = uncertain.filter((code: string) => code === "JOURNAL_UNCERTAIN").length;
  expect(accepted).toBeGreaterThan(0);
  expect(uncertain.slice(accepted)).toEqual(new Array(3 - accepted).fill("JOURNAL_FAILED"));
  expect(seen).toEqual({
    refused: "JOURNAL_FAILED",
    flushed: "JOURNAL_UNCERTAIN",
    snapshots: "SNAPSHOT_FAILED",
    failure: "the disk failed",
    seen: [true, true, accepted > 1, accepted > 2, false],
    hit: { key: 10, distance: 0 },
    afterwards: ["done", "done", "done", "done"],
    ops: accepted + 2, // the uncertain ones and two more: none was numbered twice
  });

  // Numbers go on without a hole or a double.
  const copy = join(place.copy(path, "copy"), "journal.sqlite");
  expect(existsSync(copy)).toBeTrue();
  const log = await GroupLog.open(copy);
  let ops = 0;
  for (const partition of [0, 1]) {
    let next: number | null = null;
    for (const group of log.readFrom(partition)) {
      expect(group).not.toHaveProperty("problem");
      expect(group.first).toBe(next ?? group.first);
      next = group.first + group.count;
      ops += group.count;
    }
    if (next !== null) expect(next - 1).toBe(13 + accepted); // one creation, 5 + 5 + accepted + 2 adds, and none for the refused ones
  }
  log.close();
  expect(ops).toBeGreaterThan(0);

  const index = await open({ ...OPTIONS, workers: 0, path });
  expect(index.recovery!.problems).toEqual([]);
  const space = index.space("s");
  const keys = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...[10, 11, 12].slice(0, accepted), 14, 15];
  expect((await space.keys()).sort((a, b) => Number(a) - Number(b))).toEqual(keys);
  for (const key of keys) expect(await space.get(key)).toEqual(new Float32Array(OPTIONS.dimensions).fill(key));
  await index.close();
});
