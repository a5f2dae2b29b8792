/*
 * Vectors that come later lie elsewhere than the first ones, and nothing is deleted: are old and new found at every moment,
 * and once all is linked as well as if they had come in random order?
 */
import { describe, expect, test } from "bun:test";
import { Exam, random, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, type Metric, partition } from "../harness.ts";

const SEED = 3131;
const DIMENSIONS = 32;
const FIRST = 1050;
const MORE = 2950;
const CHUNK = 500;
const QUERIES = 100;
const ALWAYS = 0.95;
const LOSS = 0.01;
/** A cone of directions that comes later hides some of the others from every walk, whatever it goes by. */
const BESIDE_A_CONE = 0.9;

interface Load {
  metric: Metric;
  /** In the order in which they come, the first FIRST of them before the move. */
  set: VectorSet;
  /** Queries from where the first ones are, and from where the others are. */
  old: VectorSet;
  young: VectorSet;
  isCone?: boolean;
}

type Draw = (gaussian: () => number, part: "old" | "young", j: number, i: number) => number;

function load(metric: Metric, draw: Draw, dimensions = DIMENSIONS): Load {
  const source = random(SEED);
  const make = (count: number, partOf: (i: number) => "old" | "young") =>
    VectorSet.make(count, dimensions, (i, j) => draw(source.gaussian, partOf(i), j, i));
  const set = make(FIRST + MORE, (i) => (i < FIRST ? "old" : "young"));
  return { metric, set, old: make(QUERIES, () => "old"), young: make(QUERIES, () => "young") };
}

async function spaceFor({ metric, set }: Load): Promise<CoreSpace> {
  const settings = { dimensions: set.dimensions, metric, flatBelow: 64, efConstruction: 32 };
  return new CoreSpace(await partition(settings), "s");
}

/** As `flush` does it: all is linked, and a census links again what the graph does not reach. */
function flush(space: CoreSpace): void {
  space.linkAll();
  space.census(true);
}

const recallIn = (space: CoreSpace, exam: Exam) => exam.recall((query, k) => space.search(query, k));

/** Recall of old and young when the same vectors come in random order. */
async function inRandomOrder(given: Load): Promise<{ old: number; young: number }> {
  const { metric, set } = given;
  const space = await spaceFor(given);
  const { below } = random(SEED + 1);
  const order = Array.from({ length: set.count }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  for (const i of order) space.add(i, set.at(i));
  flush(space);
  const recallOf = (queries: VectorSet) => recallIn(space, new Exam(metric, set, queries));
  return { old: recallOf(given.old), young: recallOf(given.young) };
}

async function expectFound(given: Load): Promise<void> {
  const { metric, set, old, young } = given;
  const random = await inRandomOrder(given);
  const atLeast = given.isCone ? BESIDE_A_CONE : random.old - LOSS;
  const space = await spaceFor(given);
  for (let i = 0; i < 70; i++) space.add(i, set.at(i));
  space.linkAll();
  for (let i = 70; i < FIRST; i++) space.add(i, set.at(i));
  space.linkAll();
  for (let from = FIRST; from < set.count; from += CHUNK) {
    const to = Math.min(from + CHUNK, set.count);
    for (let i = from; i < to; i++) space.add(i, set.at(i));
    // Half of it is linked, now and then nothing is waiting.
    space.seat.core.claim(0, CHUNK / 2, 1);
    while (space.seat.core.link(50) !== 0);
    if ((from - FIRST) % (2 * CHUNK) === CHUNK) space.linkAll();
    const here = set.part(0, to);
    const found = {
      old: recallIn(space, new Exam(metric, here, old)),
      young: recallIn(space, new Exam(metric, here, young)),
    };
    const context = `${to} are in, ${JSON.stringify({ ...found, random })}, seed ${SEED}`;
    expect(found.old, context).toBeGreaterThanOrEqual(Math.min(ALWAYS, atLeast));
    expect(found.young, context).toBeGreaterThanOrEqual(Math.min(ALWAYS, random.young - LOSS));
  }
  flush(space);
  const found = {
    old: recallIn(space, new Exam(metric, set, old)),
    young: recallIn(space, new Exam(metric, set, young)),
  };
  const context = `all is linked, ${JSON.stringify({ ...found, random })}, seed ${SEED}`;
  expect(found.old, context).toBeGreaterThanOrEqual(atLeast);
  expect(found.young, context).toBeGreaterThanOrEqual(random.young - LOSS);
  space.expectWhole(context);
  expect(space.census(false), context).toBe(0);
}

for (const metric of ["l2", "cosine", "dot"] as const) {
  describe(metric, () => {
    for (const by of metric === "l2" ? [5, 10, 20, 100] : [20]) {
      test(`the later ones are shifted by ${by} standard deviations`, async () => {
        const given = load(metric, (gaussian, part) => gaussian() + (part === "old" ? 0 : by));
        await expectFound({ ...given, isCone: metric === "cosine" });
      });
    }

    test("two tight clusters, one after the other", async () => {
      const centres = random(SEED + 2);
      const centre = { old: [] as number[], young: [] as number[] };
      for (let j = 0; j < DIMENSIONS; j++) {
        centre.old.push(centres.gaussian());
        centre.young.push(centres.gaussian());
      }
      await expectFound(load(metric, (gaussian, part, j) => centre[part][j]! + 0.01 * gaussian()));
    });

    test("lengths grow a thousandfold", async () => {
      const grown = (part: string, i: number) => (part === "old" ? 1 : 10 ** ((3 * (i % 2950)) / 2950));
      await expectFound(load(metric, (gaussian, part, _, i) => gaussian() * grown(part, i)));
    });
  });
}

test("l2: sorted by a coordinate that spreads wide", async () => {
  const given = load(
    "l2",
    (gaussian, part, j) => gaussian() * (j === 0 ? 30 : 1) + (j === 0 && part === "young" ? 60 : 0),
  );
  const order = Array.from({ length: given.set.count }, (_, i) => i).sort(
    (a, b) => given.set.at(a)[0]! - given.set.at(b)[0]!,
  );
  const set = VectorSet.make(given.set.count, DIMENSIONS, (i, j) => given.set.at(order[i]!)[j]!);
  await expectFound({ ...given, set });
});
