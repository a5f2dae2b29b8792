/* Is everything there after a migration? The short form of tests/migration/run.ts, with the sources that need no Python. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { moved } from "../migration/moved.ts";
import { OF_BUN, taskOf } from "../migration/sources.ts";
import { Folder } from "../support/folder.ts";

const VECTORS = 600;

test.each(Object.keys(OF_BUN))("%s", async (kind) => {
  using folder = new Folder();
  const source = await OF_BUN[kind]!(taskOf(folder.root, VECTORS));
  try {
    const { read, same, size, before, after } = await moved(source, join(folder.root, "moved"));
    expect([read, same, size]).toEqual([VECTORS, VECTORS, VECTORS]);
    expect(after).toBeGreaterThan(before === null ? 0.9 : before - 0.05);
  } finally {
    await source[Symbol.asyncDispose]?.();
  }
});
