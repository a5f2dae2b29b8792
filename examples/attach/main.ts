/* How do several threads write to one index? The main thread opens it, another joins it by a ticket. */
import { open } from "../../src/index.ts"; // in your project: from "hnsw-workers"

const index = await open({ dimensions: 8 });
const adder = new Worker(new URL("./adder.ts", import.meta.url));
const done = new Promise<number>((resolve) => {
  adder.onmessage = ({ data }) => resolve(data);
});
adder.postMessage(index.attach());

const added = await done;
await index.flush();
console.log(`the other thread added ${added}, this one sees ${index.space("shared").size}`);
adder.terminate();
await index.close();
