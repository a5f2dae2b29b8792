/* A process has no address space left for a partition's memory: is that OUT_OF_MEMORY, and do open indexes go on? */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";

const ENTRY = join(import.meta.dir, "../../src/index.ts");
const GIB = 2 ** 20; // in KiB, as limits and sizes are given
const SIZE = `Number(/VmSize:\\s+(\\d+)/.exec(await Bun.file("/proc/self/status").text())[1])`;

/** Opens one index while there is room for it, then asks for more than there is. */
const PROGRAM = `
  const { attach, open } = await import(${JSON.stringify(ENTRY)});
  const index = await open({ dimensions: 2, metric: "l2", partitions: 1, workers: 0 });
  const refusal = (options) => open({ dimensions: 2, workers: 0, ...options }).then(() => "opened", ({ code, message }) => ({ code, message }));
  const refusals = [await refusal({ partitions: 8 }), await refusal({ partitions: 8, workers: 1 })];
  await index.space("s").add("x", [3, 4]);
  const other = attach(index.attach());
  const hits = await other.space("s").search([3, 4]);
  await other.close();
  await index.close();
  console.log(JSON.stringify({ refusals, hits }));
`;

test.skipIf(process.platform !== "linux")(
  "a process whose address space is used up",
  async () => {
    const size = Number(await outputOf([process.execPath, "--eval", `console.log(${SIZE})`]));
    const limited = `ulimit -v ${size + 16 * GIB} && exec "$0" --eval "$1"`;
    const { refusals, hits } = JSON.parse(await outputOf(["sh", "-c", limited, process.execPath, PROGRAM]));
    for (const { code, message } of refusals) {
      expect(code).toBe("OUT_OF_MEMORY");
      expect(message).toContain("fewer `partitions`");
    }
    expect(refusals).toHaveLength(2);
    expect(hits).toEqual([{ key: "x", distance: 0 }]);
  },
  30_000,
);
