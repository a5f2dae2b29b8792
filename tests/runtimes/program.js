/* Bun, Node and Deno run this: the conformance suite as a program. Arguments: a folder with `job.json`. */
import { readFile, writeFile } from "node:fs/promises";
import { run } from "./conformance.js";

const folder = process.argv[2];
const { from, workers, filters } = JSON.parse(await readFile(`${folder}/job.json`, "utf8"));
const { open } = await import(from);
const { openSearch } = await import(`${from}/search`);
const arriving = new Uint8Array(await readFile(`${folder}/arriving`));
const results = await run({ open, openSearch, workers, partitions: 2, filters, arriving });
await writeFile(`${folder}/results.json`, JSON.stringify(results));
