/* A server in a process of its own: adds one vector after the other and takes snapshots, until its stdin ends. */
import { open } from "../../src/index.ts";

const index = await open({ path: process.argv[2]!, dimensions: 4, workers: 0, partitions: 2 });
let ending = false;
void Bun.stdin.text().then(() => {
  ending = true;
});

async function snapshots(): Promise<void> {
  while (!ending) await index.checkpoint();
}

const taking = snapshots();
for (let n = 1; !ending; n++) {
  await index.space(`space ${n % 5}`).add(n, [n, 1, 2, 3]);
  process.stdout.write(`${n}\n`); // acknowledged
}
await taking;
await index.close();
