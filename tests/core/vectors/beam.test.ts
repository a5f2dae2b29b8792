/* Where 7-bit codes can't tell vectors apart: does the space notice, and stay within .01 recall of a beam in f32? */
import { afterAll, expect, test } from "bun:test";
import { clustered, Exam, random, uniform, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, type Metric, partition } from "../harness.ts";

const SEED = 4711;
const QUERIES = 200;
const LOSS = 0.01;

interface Input {
  name: string;
  metric: Metric;
  /** The set, and behind it QUERIES vectors to search for. */
  vectors: VectorSet;
  /** After which adds everything is linked; without it the first link sees them all. */
  linkEvery?: (i: number) => boolean;
}

function change(set: VectorSet, value: (old: number, i: number, j: number) => number): VectorSet {
  return VectorSet.make(set.count, set.dimensions, (i, j) => value(set.at(i)[j]!, i, j));
}

/** Members of a share of the set all get the same vector. */
function withDuplicates(set: VectorSet, share: number, seed: number): VectorSet {
  const { next } = random(seed);
  const chosen = Array.from({ length: set.count }, (_, i) => i < set.count - QUERIES && next() < share);
  const same = set.at(0);
  return change(set, (old, i, j) => (chosen[i] ? same[j]! : old));
}

/** The set sorted, the queries behind it as they were. */
function inOrder(set: VectorSet, compare: (a: Float32Array, b: Float32Array) => number): VectorSet {
  const count = set.count - QUERIES;
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => compare(set.at(a), set.at(b)));
  return change(set, (old, i, j) => (i < count ? set.at(order[i]!)[j]! : old));
}

/** Clusters one after another; queries from all of them. */
function clusterByCluster(count: number, dimensions: number, clusters: number, apart: number, wide: number): VectorSet {
  const source = random(SEED);
  const centres = VectorSet.make(clusters, dimensions, () => source.gaussian() * apart);
  const size = Math.ceil(count / clusters);
  return VectorSet.make(count + QUERIES, dimensions, (i, j) => {
    const cluster = i < count ? Math.floor(i / size) : i % clusters;
    return centres.at(cluster)[j]! + source.gaussian() * wide;
  });
}

const asItComes = (i: number) => i % 300 === 0;

function* inputs(): Generator<Input> {
  const base = clustered(2000 + QUERIES, 32, SEED);
  for (const metric of ["cosine", "l2", "dot"] as const) {
    for (const share of [0.01, 0.1, 0.5]) {
      yield { name: `${share * 100} % identical`, metric, vectors: withDuplicates(base, share, SEED) };
    }
  }
  yield { name: "all values offset by 300", metric: "l2", vectors: change(base, (old) => old + 300) };
  const oneConstant = change(base, (old, _, j) => (j === 5 ? 1000 : old));
  const oneUnscaled = change(base, (old, _, j) => (j === 5 ? old * 1000 : old));
  for (const metric of ["cosine", "l2", "dot"] as const) {
    yield { name: "one constant dimension of 1,000", metric, vectors: oneConstant };
    yield { name: "one feature × 1,000", metric, vectors: oneUnscaled };
  }
  for (const share of [0.1, 0.5]) {
    const same = withDuplicates(base, share, SEED);
    const longer = random(SEED + 3);
    const factor = Array.from({ length: base.count }, () => 0.1 + longer.next());
    yield { name: `${share * 100} % parallel`, metric: "cosine", vectors: change(same, (old, i) => old * factor[i]!) };
  }
  const norms = random(SEED + 1);
  const length = Array.from({ length: base.count }, () => 0.1 * 100 ** norms.next());
  yield { name: "norms 0.1 to 10", metric: "dot", vectors: change(base, (old, i) => old * length[i]!) };
  yield { name: "norms 0.1 to 10", metric: "cosine", vectors: change(base, (old, i) => old * length[i]!) };
  for (const metric of ["cosine", "l2"] as const) {
    const sorted = inOrder(base, (a, b) => a[0]! - b[0]!);
    yield { name: "sorted by the first value", metric, vectors: sorted };
    yield { name: "sorted, linked as it comes", metric, vectors: sorted, linkEvery: asItComes };
    const near = clusterByCluster(2000, 32, 20, 1, 0.3);
    const far = clusterByCluster(2000, 32, 20, 100, 0.05);
    yield { name: "cluster by cluster", metric, vectors: near };
    yield { name: "cluster by cluster, linked as it comes", metric, vectors: near, linkEvery: asItComes };
    yield { name: "far and tight, cluster by cluster", metric, vectors: far };
    yield { name: "far and tight, linked as it comes", metric, vectors: far, linkEvery: asItComes };
    yield { name: "far and tight, mixed", metric, vectors: clustered(2000 + QUERIES, 32, SEED, 20, 100, 0.05) };
    yield {
      name: "a small space, then a huge batch",
      metric,
      vectors: clustered(4000 + QUERIES, 16, SEED),
      linkEvery: (i) => i === 299,
    };
  }
  const grid = random(SEED + 2);
  const points = VectorSet.make(2000 + QUERIES, 3, () => grid.below(12));
  yield { name: "an integer grid, many ties", metric: "l2", vectors: points };
  yield { name: "an integer grid, many ties", metric: "cosine", vectors: change(points, (old) => old + 1) };
  yield { name: "an integer grid, many ties", metric: "dot", vectors: points };
  for (const metric of ["cosine", "l2"] as const) {
    yield { name: "1,536 dimensions", metric, vectors: clustered(600 + QUERIES, 1536, SEED) };
  }
  yield { name: "uniform, 48 dimensions", metric: "l2", vectors: uniform(2000 + QUERIES, 48, SEED) };
}

interface Outcome {
  found: number;
  exactly: number;
  f32Beam: boolean;
  missed: number;
}

async function recallOf(input: Input, exam: Exam, quantization: "auto" | "none"): Promise<Outcome> {
  const { metric, vectors, linkEvery } = input;
  const { dimensions } = vectors;
  const space = new CoreSpace(await partition({ dimensions, metric, quantization }), "space");
  const { set } = exam;
  for (let i = 0; i < set.count; i++) {
    space.add(i, set.at(i));
    if (linkEvery?.(i)) space.linkAll();
  }
  space.linkAll();
  const missed = space.census(true);
  space.expectWhole(`${input.name}, ${metric}, seed ${SEED}`);
  const found = exam.recall((query, k) => space.search(query, k));
  const exactly = quantization === "none" ? exam.recall((query, k) => space.searchExactly(query, k)) : 0;
  return { found, exactly, f32Beam: space.figures().f32Beam, missed };
}

const figures: string[] = [];
afterAll(() => {
  if (process.env.SHOW_FIGURES) console.log(figures.join("\n"));
});

for (const input of inputs()) {
  test(`${input.metric}: ${input.name}`, async () => {
    const { metric, vectors } = input;
    const count = vectors.count - QUERIES;
    const exam = new Exam(metric, vectors.part(0, count), vectors.part(count, vectors.count));
    const f32 = await recallOf(input, exam, "none");
    const codes = await recallOf(input, exam, "auto");
    const figure =
      `codes ${codes.found.toFixed(4)}${codes.f32Beam ? " (chose f32)" : ""}, f32 ${f32.found.toFixed(4)}, scan ${f32.exactly.toFixed(4)}, ` +
      `unreached ${codes.missed}/${f32.missed}, ${input.metric}: ${input.name}`;
    figures.push(figure);
    expect(f32.exactly, `an exact search, seed ${SEED}: ${figure}`).toBeGreaterThanOrEqual(0.99);
    expect(codes.found, `seed ${SEED}: ${figure}`).toBeGreaterThanOrEqual(f32.found - LOSS);
  });
}
