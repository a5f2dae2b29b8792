// How long does it take to know what matches? `count` with one condition over many entries. The program of a child process.

import { open, type Where } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { spread } from "../../kit/statistics.ts";

const PIECE = 10_000; // entries of one addMany
const TIMES = 31; // a condition is counted, after as many for nothing
const FIELDS = {
  word: "keyword",
  size: "number",
  done: "boolean",
  at: "date",
  words: "keyword",
  sizes: "number",
} as const;

interface Entry {
  word: string;
  size: number;
  done: boolean;
  at: number;
  words: string[];
  sizes: number[];
}

export type Kind = "scalar" | "array";

const CONDITIONS: { kind: Kind; title: string; where: Where<Entry> }[] = [
  { kind: "scalar", title: "keyword = one of 1,000", where: { word: "w7" } },
  { kind: "scalar", title: "keyword in five", where: { word: { $in: ["w1", "w20", "w300", "w400", "w999"] } } },
  { kind: "scalar", title: "keyword ≠", where: { word: { $ne: "w7" } } },
  { kind: "scalar", title: "number below the median", where: { size: { $lt: 0.5 } } },
  { kind: "scalar", title: "number in a range", where: { size: { $gte: 0.2, $lt: 0.21 } } },
  { kind: "scalar", title: "boolean", where: { done: true } },
  { kind: "scalar", title: "date since", where: { at: { $gte: 500_000 } } },
  { kind: "array", title: "keywords, one of them", where: { words: "w7" } },
  { kind: "array", title: "keywords, any of five", where: { words: { $in: ["w1", "w20", "w300", "w400", "w999"] } } },
  { kind: "array", title: "numbers in a range", where: { sizes: { $gte: 0.2, $lt: 0.21 } } },
];

export interface BitmapsTask {
  entries: number;
}

export interface BitmapsMeasurement {
  rows: { kind: Kind; title: string; matches: number; ms: number }[];
}

async function measure({ entries }: BitmapsTask): Promise<BitmapsMeasurement> {
  const random = new Random(SEEDS.documents);
  const chance = () => random.uint32() / 2 ** 32;
  const some = <T>(make: () => T) => Array.from({ length: random.below(6) }, make);
  const entryOf = (): Entry => ({
    ...{ word: `w${random.below(1000)}`, size: chance(), done: random.below(3) === 0, at: random.below(1_000_000) },
    ...{ words: some(() => `w${random.below(1000)}`), sizes: some(chance) },
  });
  await using index = await open<Entry>({
    dimensions: 1,
    metric: "l2",
    partitions: 1,
    flatBelow: 1_000_000,
    fields: FIELDS,
  });
  const space = index.space<number>("s");
  for (let first = 0; first < entries; first += PIECE) {
    const keys = Array.from({ length: Math.min(PIECE, entries - first) }, (_, i) => first + i);
    await space.addMany(keys, new Float32Array(keys.length), keys.map(entryOf));
  }
  const rows: BitmapsMeasurement["rows"] = [];
  for (const { kind, title, where } of CONDITIONS) {
    let matches = 0;
    const times: number[] = [];
    for (let time = 0; time < 2 * TIMES; time++) {
      const start = performance.now();
      matches = await space.count({ where });
      if (time >= TIMES) times.push(performance.now() - start);
    }
    rows.push({ kind, title, matches, ms: spread(times).median });
  }
  return { rows };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
