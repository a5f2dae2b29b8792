/*
 * Are vectors that were linked together, by one thread or two, found as well as those that were linked one by one, on
 * inputs that are hard for a graph: duplicates, tight clusters far apart, lengths and places that differ widely, data that
 * move?
 */
import { expect, test } from "bun:test";
import { Seat } from "../../../src/core/seat.ts";
import { Exam, random, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, type Metric, partition } from "../harness.ts";

const SEED = 4181;
const DIMENSIONS = 24;
const COUNT = 4000;
const QUERIES = 500;
const LOSS = 0.005;

type Draw = (gaussian: () => number, below: (bound: number) => number) => (i: number, j: number) => number;

interface Input {
  name: string;
  draw: Draw;
  metrics: Metric[];
  beam?: "f32";
  /** Whether the queries lie elsewhere: drawn once more, with other centres. */
  elsewhere?: true;
}

/** Vectors and queries from the same distribution, unless `elsewhere`; the vectors come in the order in which they are drawn. */
function drawn({ draw, elsewhere }: Input): { set: VectorSet; queries: VectorSet } {
  const { gaussian, below } = random(SEED);
  const value = draw(gaussian, below);
  const set = VectorSet.make(COUNT, DIMENSIONS, value);
  const asked = elsewhere ? draw(gaussian, below) : value;
  const queries = VectorSet.make(QUERIES, DIMENSIONS, (i, j) => asked(Math.floor((i * COUNT) / QUERIES), j));
  return { set, queries };
}

/** `of` clusters, each around a centre of its own. */
function clusters(of: number, spread: number): Draw {
  return (gaussian) => {
    const centres = Array.from({ length: of }, () => Array.from({ length: DIMENSIONS }, gaussian));
    return (i, j) => centres[i % of]![j]! + spread * gaussian();
  };
}

const ALL: Metric[] = ["cosine", "l2", "dot"];
const INPUTS: Input[] = [
  { name: "of one Gaussian", draw: (gaussian) => () => gaussian(), metrics: ["dot"] },
  { name: "30 tight clusters", draw: clusters(30, 0.2), metrics: ["cosine", "l2"] },
  { name: "300 tighter clusters", draw: clusters(300, 0.1), metrics: ["cosine", "l2"] },
  {
    name: "40 clusters, and queries between them",
    draw: clusters(40, 0.3),
    metrics: ["cosine", "l2"],
    elsewhere: true,
  },
  { name: "two of three are duplicates", draw: duplicates, metrics: ALL },
  { name: "lengths from 1 to 30", draw: lengths, metrics: ["l2", "dot"] },
  {
    name: "half of them far away, later",
    draw: (gaussian) => (i) => gaussian() + (i < COUNT / 2 ? 0 : 10),
    metrics: ["cosine", "l2"],
  },
  { name: "half of them close together, later", draw: closeLater, metrics: ["l2"], beam: "f32" },
  {
    name: "one feature dwarfs the others",
    draw: (gaussian) => (_, j) => gaussian() * (j === 0 ? 300 : 1),
    metrics: ["l2"],
    beam: "f32",
  },
];

function duplicates(gaussian: () => number, below: (bound: number) => number) {
  const kinds = VectorSet.make(COUNT / 3, DIMENSIONS, () => gaussian());
  const kindOf = Array.from({ length: COUNT }, () => below(kinds.count));
  return (i: number, j: number) => kinds.at(kindOf[i]!)[j]!;
}

function lengths(gaussian: () => number) {
  return (i: number) => gaussian() * 30 ** ((i % 100) / 100);
}

function closeLater(gaussian: () => number) {
  return (i: number) => (i < COUNT / 2 ? gaussian() : 8 + 0.002 * gaussian());
}

async function recallOf(metric: Metric, { set, queries }: ReturnType<typeof drawn>, portion: number, threads = 1) {
  const settings = { dimensions: DIMENSIONS, metric, flatBelow: 64, efConstruction: 32 };
  const space = new CoreSpace(await partition(settings), "s");
  const helper = Seat.join(await coreModule(), space.seat.memory, 1, true);
  for (let from = 0; from < COUNT; from += 2000) {
    if (portion > 0) space.addTogether(set, from, from + 2000, portion);
    else for (let i = from; i < from + 2000; i++) space.add(i, set.at(i));
    if (threads === 2) linkInTurns(space.seat, helper);
    space.linkAll();
  }
  const context = `portions of ${portion}, ${threads} threads, ${metric}, seed ${SEED}`;
  space.census(true);
  space.expectWhole(context);
  expect(space.census(false), context).toBe(0);
  const exam = new Exam(metric, set, queries);
  return { recall: exam.recall((query, k) => space.search(query, k)), beam: space.figures().beam };
}

/** Two threads' steps, one after the other: both have a share of each portion in hand. */
function linkInTurns(owner: Seat, helper: Seat): void {
  while (owner.core.hasClaims() !== 0 || owner.core.claim(0, 500, 1) !== 0) {
    owner.core.link(1);
    if (helper.core.hasClaims() !== 0 || helper.core.joinBulk() !== 0) helper.core.link(1);
  }
  while (helper.core.hasClaims() !== 0) helper.core.link(1);
}

for (const input of INPUTS) {
  const { name, metrics, beam } = input;
  test.each(metrics)(`${name}: %s`, async (metric) => {
    const given = drawn(input);
    const single = await recallOf(metric, given, 0);
    for (const threads of [1, 2]) {
      const together = await recallOf(metric, given, 700, threads);
      const context = `${name}, ${metric}: ${JSON.stringify({ single, together, threads })}`;
      expect(together.recall, context).toBeGreaterThanOrEqual(single.recall - LOSS);
      expect(together.beam, context).toBe(beam ?? single.beam);
    }
  });
}
