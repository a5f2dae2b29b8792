/*
 * A process with an idle index: prints how many threads run JavaScript, and how often they went to sleep in a second.
 * `idle-process.ts OPTIONS [attach]`. Bun's collectors and compilers have threads of other names.
 */
import { readdirSync, readFileSync } from "node:fs";
import { type OpenOptions, open } from "../../src/index.ts";

const SETTLE_MS = 500; // until compilers and collectors have ended
const WATCH_MS = 1000;

/** Threads that run JavaScript, and their voluntary switches: one each time that a thread goes to sleep. */
function look(): { threads: number; sleeps: number } {
  let [threads, sleeps] = [0, 0];
  for (const task of readdirSync("/proc/self/task")) {
    try {
      const status = readFileSync(`/proc/self/task/${task}/status`, "utf8");
      const name = status.match(/^Name:\s+(.*)$/m)![1]!;
      if (Number(task) !== process.pid && name !== "Worker") continue;
      threads++;
      sleeps += Number(status.match(/^voluntary_ctxt_switches:\s+(\d+)/m)![1]);
    } catch {
      // it ended
    }
  }
  return { threads, sleeps };
}

const index = await open(JSON.parse(process.argv[2]!) as OpenOptions);
await index.space("s").add("x", [1, 2, 3, 4]);
if (process.argv[3] === "attach") index.attach();
await index.flush();
await Bun.sleep(SETTLE_MS);
const before = look();
await Bun.sleep(WATCH_MS);
const after = look();
console.log(JSON.stringify({ threads: after.threads, sleeps: after.sleeps - before.sleeps }));
await index.close();
