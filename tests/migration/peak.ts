/* How much memory did this process take at most? Preloaded: writes the kilobytes to the file PEAK when it ends. Linux only. */
import { readFileSync, writeFileSync } from "node:fs";

process.on("exit", () => {
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
  writeFileSync(process.env.PEAK!, kilobytes);
});
