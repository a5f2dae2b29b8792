/* An index that is not in use: how often do its threads wake up? Linux counts. */
import { describe, expect, test } from "bun:test";
import type { OpenOptions } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";

/** In a second, of all threads that run JavaScript together; Bun alone has 2 or 3. */
const MOST = 25;

async function idling(options: OpenOptions, attached = false): Promise<{ threads: number; sleeps: number }> {
  const child = new URL("../support/idle-process.ts", import.meta.url).pathname;
  const args = [process.execPath, child, JSON.stringify(options), ...(attached ? ["attach"] : [])];
  const job = Bun.spawn(args, { stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await new Response(job.stdout).text());
}

describe.skipIf(process.platform !== "linux")(`wake-ups in a second, at most ${MOST}:`, () => {
  test.concurrent("with two workers", async () => {
    const { threads, sleeps } = await idling({ dimensions: 4, workers: 2 });
    expect({ threads, few: sleeps <= MOST, sleeps }).toEqual({ threads: 3, few: true, sleeps });
  });

  test.concurrent("with a path", async () => {
    using folder = new Folder();
    const { threads, sleeps } = await idling({ dimensions: 4, workers: 1, path: folder.path });
    expect({ threads, few: sleeps <= MOST, sleeps }).toEqual({ threads: 4, few: true, sleeps });
  });

  test.concurrent("without workers, where other threads may have attached", async () => {
    const { threads, sleeps } = await idling({ dimensions: 4, workers: 0 }, true);
    expect({ threads, few: sleeps <= MOST, sleeps }).toEqual({ threads: 1, few: true, sleeps });
  });
});
