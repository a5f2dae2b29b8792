// Do skewed spaces leave workers idle, and does stealing keep them busy? From the suite of that name.

import type { Plot, Saved, Section } from "../../experiment.ts";
import type { Case } from "../../kit/rounds.ts";
import type { SkewTask } from "../../kit/skewed-fill.ts";
import { spread } from "../../kit/statistics.ts";
import { percent, short, table, whole } from "../../report/markdown.ts";
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
  rate: { median: number; min: number; max: number };
  /** Over the even load with stealing of the same group, within each round. */
  ofEven: number;
  imbalance: number;
  leastBusy: number;
  stealsPerSecond: number;
  stolen: number;
  cpuMicroseconds: number;
  recall: number;
  samples: Sample[];
}

interface Small {
  set: string;
  n: number;
  offered: number;
  rows: Row[];
}

const PLOTTED = "one half";
const MOST_SAMPLES = 60;

export const skew: Section<Small> = {
  suite: "skew",
  title: "Skewed load",
  claims: [
    "without stealing skewed spaces leave workers idle: 59,000 of 100,000/s",
    "with stealing imbalance stays below 6 %",
    "about 4 steals a second are enough",
  ],
  command: "bun run bench skew",
  condense: ({
    rate,
    results,
  }: {
    rate: number;
    results: ({ set: string; n: number } & Record<Group, SkewCase[]>)[];
  }) => {
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
    findings: findings(small),
    text: [
      `${small.set}, ${whole(small.n)} vectors in 20 spaces, 2 workers, medians of ${small.repeats} (extremes).`,
      `As fast as there is room:\n\n${tableOf(small.rows, "closed")}`,
      `${whole(small.offered)} adds a second at random times:\n\n${tableOf(small.rows, "open")}`,
      `Other thresholds and fractions, as fast as there is room. The CPU column is the processor time of the whole process per vector: it shows what stealing costs whoever else uses the machine.\n\n${tableOf(small.rows, "swept")}`,
    ].join("\n\n"),
    plots: small.rows
      .filter(({ group, load, samples }) => group === "closed" && load === PLOTTED && samples.length > 1)
      .map(({ stealing, title, samples }) =>
        depthsPlot(`skew-depths-${stealing ? "stealing" : "own"}`, title, samples),
      ),
  }),
};

function condenseCase(group: Group, { title, task, answers }: SkewCase, even: SkewCase): Row {
  const median = (figure: (answer: SkewMeasurement, round: number) => number) => spread(answers.map(figure)).median;
  const samples = group === "closed" && task.load === PLOTTED ? answers[0]!.samples : [];
  const step = Math.max(1, Math.ceil(samples.length / MOST_SAMPLES));
  return {
    ...{ group, title, load: task.load, stealing: task.stealing.enabled !== false },
    rate: spread(answers.map(({ insertsPerSecond }) => Math.round(insertsPerSecond))),
    ofEven: median(({ insertsPerSecond }, round) => insertsPerSecond / even.answers[round]!.insertsPerSecond),
    imbalance: median(({ imbalance }) => imbalance),
    leastBusy: median(({ leastBusy }) => leastBusy),
    stealsPerSecond: median(({ steals, seconds }) => steals / seconds),
    stolen: median(({ stolen }) => stolen),
    cpuMicroseconds: median(({ cpuMicroseconds }) => cpuMicroseconds),
    recall: median(({ recall }) => recall),
    samples: samples.filter((_, i) => i % step === 0),
  };
}

function tableOf(rows: Row[], group: Group): string {
  return table(
    ["load", "inserts/s", "of even", "imbalance", "least busy", "steals/s", "CPU µs", "recall@10"],
    rows
      .filter((row) => row.group === group)
      .map((row) => [
        row.title,
        `${whole(row.rate.median)} (${whole(row.rate.min)}–${whole(row.rate.max)})`,
        ...[percent(row.ofEven), percent(row.imbalance), percent(row.leastBusy), short(row.stealsPerSecond)],
        ...[short(row.cpuMicroseconds), row.recall.toFixed(4)],
      ]),
  );
}

function findings({ rows, repeats }: Small & Saved): ReturnType<Section<Small>["page"]>["findings"] {
  const closed = rows.filter(({ group, load }) => group === "closed" && load !== "even");
  const own = closed.filter(({ stealing }) => !stealing);
  const stealing = closed.filter((row) => row.stealing);
  const worst = (values: number[]) => Math.max(...values);
  const leastOfEven = -worst(own.map(({ ofEven }) => -ofEven));
  const imbalance = worst(stealing.map((row) => row.imbalance));
  const steals = worst(stealing.map(({ stealsPerSecond }) => stealsPerSecond));
  const swing = worst(rows.map(({ rate }) => rate.max / rate.min));
  const shaky =
    swing > 1.3 ? ` Rates swung by up to ${short(swing)} times over ${repeats} rounds: the machine was shared.` : "";
  return [
    {
      claim: "without stealing skewed spaces leave workers idle: 59,000 of 100,000/s",
      measured: `two workers, each its own spaces: ${percent(leastOfEven)} of the even load's rate at worst`,
      verdict: leastOfEven < 0.9 ? "holds" : "holds in part",
      why: `with two workers the larger half of a skewed load is at most all of it, so less is lost than with eight.${shaky}`,
    },
    {
      claim: "with stealing imbalance stays below 6 %",
      measured: `two saturated workers: ${percent(imbalance)} of the linked ops at worst`,
      verdict: imbalance < 0.06 ? "holds" : "holds in part",
      why: imbalance < 0.06 ? "" : "the last steal of a short run leaves up to half of a threshold between them.",
    },
    {
      claim: "about 4 steals a second are enough",
      measured: `at most ${short(steals)} a second in closed loops with two workers`,
      verdict: "holds",
      why: "",
    },
  ];
}

/** Ops that wait for each worker, over time. */
function depthsPlot(name: string, title: string, samples: Sample[]): Plot {
  const points = samples.flatMap(({ ms, depths }) =>
    depths.map((depth, worker) => ({ x: ms, y: depth, kind: `worker ${worker}` })),
  );
  const titles = { x: { title: "milliseconds" }, y: { title: "ops waiting" }, kind: "home" };
  return lines(name, `Ops waiting over time: ${title}`, points, titles);
}
