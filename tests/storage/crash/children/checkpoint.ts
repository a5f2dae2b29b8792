/* A process for strace: takes rounds of snapshots of a folder, so that later ones delete files of earlier ones. */
import { open } from "../../../../src/index.ts";
import { OPTIONS } from "../folders.ts";

const index = await open({ ...OPTIONS, workers: 0, partitions: 1, path: process.argv[2]! });
const space = index.space("s");
for (let round = 0; round < 4; round++) {
  for (let i = 0; i < 5; i++) await space.add(i, new Float32Array(OPTIONS.dimensions).fill(round + i));
  await index.checkpoint();
}
await index.close();
