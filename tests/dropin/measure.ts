/*
 * How much time of the processor do a small build and 1,000 searches take through the calls of a package? One process for one
 * of them, since others that run beside it disturb the clock more.
 */
import { createRequire } from "node:module";
import { loadDataset, TRUTH_K } from "../../bench/datasets/index.ts";

const [name, module, vectors] = process.argv.slice(2) as [string, string, string];
const EF = 64;
const { base, queries, queryCount, dimensions, truth, n } = await loadDataset("glove", Number(vectors));
const rowIn = (all: Float32Array, i: number) => all.subarray(i * dimensions, (i + 1) * dimensions);
// Both libraries take one vector at a time; hnswlib-node in arrays.
const arraysOf = (all: Float32Array, count: number) =>
  Array.from({ length: count }, (_, i) => Array.from(rowIn(all, i)));
const package_ = createRequire(import.meta.url)(module);

interface Calls {
  add(i: number): void;
  /** Keys of the nearest to a query. */
  search(i: number): number[];
}

const CALLS: Record<string, () => Calls> = {
  "hnswlib-node": () => {
    const index = new package_.HierarchicalNSW("l2", dimensions);
    index.initIndex(n, 16, 128);
    index.setEf(EF);
    const [points, asked] = [arraysOf(base, n), arraysOf(queries, queryCount)];
    return { add: (i) => index.addPoint(points[i], i), search: (i) => index.searchKnn(asked[i], TRUTH_K).neighbors };
  },
  usearch: () => {
    const options = { dimensions, metric: "l2sq", connectivity: 16, expansion_add: 128, expansion_search: EF };
    const index = new package_.Index(options);
    return {
      add: (i) => index.add(BigInt(i), rowIn(base, i), 1),
      search: (i) => Array.from(index.search(rowIn(queries, i), TRUTH_K, 1).keys, Number),
    };
  },
};

/** Seconds of the processor that this process has had. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const calls = CALLS[name]!();
const start = spent();
for (let i = 0; i < n; i++) calls.add(i);
const built = spent();
const found = Array.from({ length: queryCount }, (_, i) => calls.search(i));
const searched = spent();
for (let i = 0; i < queryCount; i++) calls.search(i); // what runs often is compiled by then
const again = spent();
const times = { build: built - start, search: searched - built, warm: again - searched };
console.log(JSON.stringify({ ...times, recall: recall() }));

function recall(): number {
  let hits = 0;
  for (const [i, keys] of found.entries()) {
    const nearest = new Set(truth.subarray(i * TRUTH_K, (i + 1) * TRUTH_K));
    hits += keys.filter((key) => nearest.has(key)).length;
  }
  return hits / (queryCount * TRUTH_K);
}
