/* One member: it writes entries of its own, and sees those of all. */
import { openCluster } from "../../src/cluster/cluster.ts"; // in your project: from "hnsw-workers/cluster"

const [name, ...servers] = process.argv.slice(2);
const index = await openCluster({ servers, dimensions: 8, index: { workers: 1 } });
const space = index.space<string>("shared");
const vectorOf = (i: number) => Array.from({ length: 8 }, (_, j) => Math.sin(i + j));

await Promise.all(Array.from({ length: 500 }, (_, i) => space.add(`${name}-${i}`, vectorOf(i))));
const goOn = new Promise((resolve) => process.once("message", resolve));
process.send!("opened");
await goOn;
await Promise.all(Array.from({ length: 500 }, (_, i) => space.add(`${name}-more-${i}`, vectorOf(i))));

while ((await space.count({ freshness: "latest" })) < 3000) await Bun.sleep(50); // others still write
const [nearest] = await space.search(vectorOf(42), { k: 1 });
console.log(`member ${name} has ${await space.count()} entries; nearest to 42: ${nearest!.key}`);
await index.close();
process.exit(0);
