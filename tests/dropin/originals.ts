/* Where are the packages whose classes ours stand in for? Beside the benchmarks, if they are installed there and load. */
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(import.meta.dir, "../../bench/package.json"));

/** Null, and a line on the screen that says why, where it is not installed or has no build for this machine. */
export function original<T>(name: string): T | null {
  try {
    return require(name) as T;
  } catch (error) {
    const why = String(error).split("\n")[0];
    console.warn(
      `SKIPPED: comparisons with ${name}, which is not there (npm install in bench/, then its build): ${why}`,
    );
    return null;
  }
}
