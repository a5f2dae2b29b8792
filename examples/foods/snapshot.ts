/* How does a server make an index that is searched elsewhere? WordNet's foods by name, as one file. */
import { open } from "../../src/index.ts"; // in your project: from "hnsw-workers"
import { readSynsets } from "../wordnet/synsets.ts";
import { DIMENSIONS, embed } from "./trigrams.js";

/** Builds the index and exports it to a file. */
export async function writeSnapshot(file: string): Promise<void> {
  const foods = (await readSynsets()).filter(({ space }) => space === "noun.food");
  const names = [...new Set(foods.flatMap(({ words }) => words))];
  await using index = await open({ dimensions: DIMENSIONS, partitions: 1 });
  await index.space("foods").addMany(names, names.map(embed));
  await index.flush(); // what is not linked would be scanned by every search
  await Bun.write(file, new Response(index.export()));
}

if (import.meta.main) await writeSnapshot(process.argv[2] ?? "foods.bin");
