/* How long do a small build and 1,000 searches take through the calls of a package? One process for one of them. */
import { createRequire } from "node:module";
import { clustered } from "../support/vectors.ts";

const [name, module] = process.argv.slice(2) as [string, string];
const [COUNT, DIMENSIONS, QUERIES, K, EF] = [10_000, 100, 1000, 10, 64];
const set = clustered(COUNT + QUERIES, DIMENSIONS, 5);
const rows = Array.from({ length: COUNT + QUERIES }, (_, i) => Array.from(set.at(i)));
// Both libraries take one vector at a time; hnswlib-node in arrays.
const package_ = createRequire(import.meta.url)(module);

interface Calls {
  add(i: number): void;
  search(i: number): number[];
}

const CALLS: Record<string, () => Calls> = {
  "hnswlib-node": () => {
    const index = new package_.HierarchicalNSW("l2", DIMENSIONS);
    index.initIndex(COUNT, 16, 128);
    index.setEf(EF);
    return { add: (i) => index.addPoint(rows[i], i), search: (i) => index.searchKnn(rows[i], K).neighbors };
  },
  usearch: () => {
    const index = new package_.Index({ dimensions: DIMENSIONS, metric: "l2sq", expansion_search: EF });
    return {
      add: (i) => index.add(BigInt(i), set.at(i), 1),
      search: (i) => Array.from(index.search(set.at(i), K, 1).keys, Number),
    };
  },
};

const calls = CALLS[name]!();
const start = performance.now();
for (let i = 0; i < COUNT; i++) calls.add(i);
const built = performance.now();
const found: number[][] = [];
for (let i = 0; i < QUERIES; i++) found.push(calls.search(COUNT + i));
const searched = performance.now();
for (let i = 0; i < QUERIES; i++) calls.search(COUNT + i); // what runs often is compiled by then
const again = performance.now();
const [build, search, warm] = [built - start, searched - built, again - searched].map((ms) => ms / 1000);
console.log(JSON.stringify({ build, search, warm, recall: recall() }));

function recall(): number {
  let hits = 0;
  const sample = 100;
  for (let q = 0; q < sample; q++) {
    const query = set.at(COUNT + q);
    const distances = rows.slice(0, COUNT).map((row, i) => {
      let sum = 0;
      for (let j = 0; j < DIMENSIONS; j++) sum += (row[j]! - query[j]!) ** 2;
      return { i, sum };
    });
    const nearest = new Set(
      distances
        .sort((a, b) => a.sum - b.sum)
        .slice(0, K)
        .map(({ i }) => i),
    );
    hits += found[q]!.filter((key) => nearest.has(key)).length;
  }
  return hits / (sample * K);
}
