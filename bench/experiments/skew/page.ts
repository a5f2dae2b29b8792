// Do skewed spaces leave workers idle, and does stealing keep them busy?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over, ratio } from "../../kit/rounds.ts";
import type { SkewTask } from "../../kit/skewed-fill.ts";
import { type Figure, type Medians, medians, type Spread } from "../../kit/statistics.ts";
import { fourDigits, percent, short, type Table, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { SkewMeasurement } from "./measure.ts";
import type { Sample } from "./sampling.ts";

type Group = "closed" | "open" | "swept";
type SkewCase = Case<SkewTask, SkewMeasurement>;

interface Row {
  group: Group;
  title: string;
  load: string;
  stealing: boolean;
  rate: Spread;
  /** Over the even load with stealing of the same group, within each round. */
  ofEven: Figure;
  imbalance: Figure;
  leastBusy: Figure;
  stealsPerSecond: Figure;
  stolen: Figure;
  cpuMicroseconds: Figure;
  recall: Figure;
  samples: Sample[];
}

interface Small {
  set: string;
  n: number;
  offered: number;
  rows: Row[];
}

interface Result {
  rate: number;
  results: ({ set: string; n: number } & Record<Group, SkewCase[]>)[];
}

const IDLE = "without stealing skewed spaces leave workers idle: 59,000 of 100,000/s";
const BALANCED = "with stealing imbalance stays below 6 %";
const FEW = "about 4 steals a second are enough";
const PLOTTED = "one half";
const MOST_SAMPLES = 60;

export const section = {
  title: "Skewed load",
  claims: [IDLE, BALANCED, FEW],
  command: "bun run bench skew",
  condense: ({ rate, results }: Result): Small => {
    const { set, n, closed, open, swept } = results[0]!;
    return {
      ...{ set, n, offered: rate },
      rows: [
        ...closed.map((one) => condenseCase("closed", one, closed[1]!)),
        ...open.map((one) => condenseCase("open", one, open[1]!)),
        ...swept.map((one) => condenseCase("swept", one, closed[1]!)),
      ],
    };
  },
  page: (small: Small & Saved) => ({
    findings: findings(medians(small.rows), swingOf(small)),
    body: [
      `${small.set}, ${whole(small.n)} vectors in 20 spaces, 2 workers, medians of ${small.repeats} (extremes).`,
      "As fast as there is room:",
      tableOf(small.rows, "closed"),
      `${whole(small.offered)} adds a second at random times:`,
      tableOf(small.rows, "open"),
      "Other thresholds and fractions, as fast as there is room. The CPU column is the processor time of the whole process per vector: it shows what stealing costs everything else on the machine.",
      tableOf(small.rows, "swept"),
    ],
    plots: small.rows.filter(({ samples }) => samples.length > 1).map(depthsPlot),
  }),
} satisfies Section;

function condenseCase(group: Group, { title, task, answers }: SkewCase, even: SkewCase): Row {
  const samples = group === "closed" && task.load === PLOTTED ? answers[0]!.samples : [];
  const step = Math.max(1, Math.ceil(samples.length / MOST_SAMPLES));
  return {
    ...{ group, title, load: task.load, stealing: task.stealing.enabled !== false },
    rate: over(answers, ({ insertsPerSecond }) => Math.round(insertsPerSecond)),
    ofEven: ratio(answers, even.answers, ({ insertsPerSecond }) => insertsPerSecond),
    ...figures(answers, "imbalance", "leastBusy", "stolen", "cpuMicroseconds", "recall"),
    stealsPerSecond: over(answers, ({ steals, seconds }) => steals / seconds),
    samples: samples.filter((_, i) => i % step === 0),
  };
}

function tableOf(rows: Row[], group: Group): Table {
  return table(
    rows.filter((row) => row.group === group),
    [
      ["load", "title"],
      ["inserts/s", "rate", whole, "with extremes"],
      ["of even", "ofEven", percent],
      ["imbalance", "imbalance", percent],
      ["least busy", "leastBusy", percent],
      ["steals/s", "stealsPerSecond", short],
      ["ops stolen", "stolen", whole, "detail"],
      ["CPU µs", "cpuMicroseconds", short],
      ["recall@10", "recall", fourDigits],
    ],
  );
}

/** Ops that wait for each worker, over time. */
function depthsPlot({ stealing, title, samples }: Row): Plot {
  const points = samples.flatMap(({ ms, depths }) =>
    depths.map((depth, worker) => ({ x: ms, y: depth, kind: `worker ${worker}` })),
  );
  const titles = { x: { title: "milliseconds" }, y: { title: "ops waiting" }, kind: "home" };
  return lines(`skew-depths-${stealing ? "stealing" : "own"}`, `Ops waiting over time: ${title}`, points, titles);
}

/** Where rates swung too much for a quiet machine, a sentence that says so. */
function swingOf({ rows, repeats }: Small & Saved): string {
  const swing = Math.max(...rows.map(({ rate }) => rate.max / rate.min));
  return swing > 1.3
    ? ` Rates swung by up to ${short(swing)} times over ${repeats} rounds: the machine was shared.`
    : "";
}

function findings(rows: Medians<Row>[], swing: string): Finding[] {
  const closed = rows.filter(({ group, load }) => group === "closed" && load !== "even");
  const stealing = closed.filter((row) => row.stealing);
  const leastOfEven = Math.min(...closed.filter((row) => !row.stealing).map(({ ofEven }) => ofEven));
  const imbalance = Math.max(...stealing.map((row) => row.imbalance));
  const steals = Math.max(...stealing.map(({ stealsPerSecond }) => stealsPerSecond));
  return [
    {
      claim: IDLE,
      measured: `two workers, each its own spaces: ${percent(leastOfEven)} of the even load's rate at worst`,
      verdict: leastOfEven < 0.9 ? "holds" : "holds in part",
      why: `with two workers the larger half of a skewed load is at most all of it, so less is lost than with eight.${swing}`,
    },
    {
      claim: BALANCED,
      measured: `two saturated workers: ${percent(imbalance)} of the linked ops at worst`,
      verdict: imbalance < 0.06 ? "holds" : "holds in part",
      why: imbalance < 0.06 ? "" : "the last steal of a short run leaves up to half of a threshold between them.",
    },
    {
      claim: FEW,
      measured: `at most ${short(steals)} a second in closed loops with two workers`,
      verdict: "holds",
      why: "",
    },
  ];
}
