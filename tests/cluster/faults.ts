/*
 * `bun tests/cluster/faults.ts [--faults N] [--seed S] [--replicas R]`: servers and members killed, stopped and cut off, at random. With
 * `--replicas`, members hold some partitions each.
 */
import { parseArgs } from "node:util";
import { runFaults } from "./faults/run.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    replicas: { type: "string" },
  },
});
const start = performance.now();
const seed = Number(values.seed);
const replicas = values.replicas === undefined ? null : Number(values.replicas);
const report = await runFaults({ faults: Number(values.faults), seed, replicas, log: (line) => console.log(line) });
const { failures, faults, isCutOff, ...figures } = report;
for (const failure of failures) console.error(failure);
console.log(`seed ${seed}, ${Math.round((performance.now() - start) / 1000)} s, ${failures.length} failures`);
if (!isCutOff) console.log("no network namespaces here: processes were stopped in place of being cut off");
for (const some of [faults, figures]) {
  console.log(
    Object.entries(some)
      .map(([name, value]) => `${name} ${Math.round(value)}`)
      .join(", "),
  );
}
process.exit(failures.length > 0 ? 1 : 0);
