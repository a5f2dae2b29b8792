/*
 * `bun tests/hostile/run.ts [--exports N] [--folders N] [--seed S] [--children C]`: many exports and folders that somebody
 * could give us, their checksums right, and what they came to. Without either, 10,000 exports and 2,000 folders.
 */
import { parseArgs } from "node:util";
import { exportLane, Tally } from "./lane.ts";
import { Mutations } from "./mutations.ts";
import { samples } from "./samples.ts";

const EXPORTS_A_CHILD = 250;

const { values } = parseArgs({
  options: {
    exports: { type: "string" },
    folders: { type: "string" },
    seed: { type: "string", default: "1" },
    children: { type: "string", default: "2" },
  },
});
const seed = Number(values.seed);
const nothing = values.exports === undefined && values.folders === undefined;

/** Does `count` by batches, several at a time. */
async function inBatches(
  what: string,
  count: number,
  size: number,
  work: (first: number, count: number, tally: Tally) => Promise<void>,
): Promise<number> {
  const tally = new Tally();
  const start = performance.now();
  let next = 0;
  let told = 0;
  const one = async () => {
    while (next < count) {
      const first = next;
      next += size;
      await work(seed + first, Math.min(size, count - first), tally);
      for (; told < tally.wrong.length; told++) console.error(tally.wrong[told]);
      console.log(`${what}, ${tally}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.children) }, one));
  console.log(`${what} from seed ${seed}, ${Math.round((performance.now() - start) / 1000)} s, ${tally}`);
  return tally.wrong.length;
}

let wrong = 0;
const exports = Number(values.exports ?? (nothing ? 10_000 : 0));
if (exports > 0) {
  const mutations = new Mutations(await samples());
  const lane = (first: number, count: number, tally: Tally) => exportLane(mutations, first, count, tally);
  wrong += await inBatches("exports", exports, EXPORTS_A_CHILD, lane);
}
const folders = Number(values.folders ?? (nothing ? 2000 : 0));
if (folders > 0) {
  const lane = [new URL("./folders.ts", import.meta.url).pathname, "--cases", String(folders), "--seed", String(seed)];
  wrong += await Bun.spawn([process.execPath, ...lane], { stdio: ["ignore", "inherit", "inherit"] }).exited;
}
process.exitCode = wrong > 0 ? 1 : 0;
