/* May a call that finds nothing to do be acknowledged before that nothing is on the disk? */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../src/index.ts";

setDefaultTimeout(120_000); // the machine may be busy

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "hnsw-absent-"));
});
afterEach(() => rmSync(path, { recursive: true }));

test("what a drop or a delete has taken away is gone for good when others are told that it is not there", async () => {
  const index = await open({ dimensions: 2, workers: 0, path: join(path, "index") });
  const calls = {
    "delete in a dropped space": () => index.space("s").delete("key"),
    "deleteMany in a dropped space": () => index.space("s").deleteMany(["key", "other"]),
    "drop of a dropped space": () => index.dropSpace("s"),
  };
  for (const [name, call] of Object.entries(calls)) {
    await index.space("s").add("key", [1, 2]);
    let isDropped = false;
    void index.dropSpace("s").then(() => {
      isDropped = true;
    });
    expect(Number(await call()), name).toBe(0);
    expect(isDropped, name).toBeTrue();
  }
  await index.close();
});
