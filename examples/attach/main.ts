/* How do several threads write to one index? The main thread opens it, another one joins it by a ticket. */
import { open } from "../../src/index.ts"; // in your project: from "hnsw-workers"

const index = await open({ dimensions: 8 });
const reader = new Worker(new URL("./reader.ts", import.meta.url));
const done = new Promise<number>((resolve) => {
  reader.onmessage = ({ data }) => resolve(data);
});
reader.postMessage(index.attach());

const added = await done;
await index.flush();
console.log(`the other thread added ${added}, this one sees ${index.space("shared").size}`);
reader.terminate();
await index.close();
