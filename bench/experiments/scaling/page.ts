// What do more workers bring, and what does one mutex leave of it?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { over, ratio } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, type Spread } from "../../kit/statistics.ts";
import { fourDigits, short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { ScalingCase, ScalingKind, ScalingMeasurement } from "./measure.ts";

const CORE = "10,000 inserts/s on a core";
const MUTEX = "one mutex: 1.2 times on 8 cores";
const PARTITIONED = "partitioned: 7.8 times on 8 cores";
const CORES_OF_THE_CLAIMS = 8;

interface Row {
  title: string;
  kind: ScalingKind;
  workers: number;
  cores: number;
  oversubscribed: boolean;
  rate: Spread;
  /** Over one worker on one core, within each round. */
  times: Spread;
  recall: Figure;
  steals: Figure;
}

interface Small {
  set: string;
  n: number;
  rows: Row[];
}

export const section = {
  title: "Scaling",
  claims: [CORE, MUTEX, PARTITIONED],
  command: "bun run bench scaling --n 100000",
  condense: ({ results }: { results: { set: string; n: number; groups: ScalingCase[][] }[] }): Small => {
    const { set, n, groups } = results[0]!;
    return { set, n, rows: groups.flatMap((group) => group.map((one) => condenseCase(one, group[0]!))) };
  },
  page: (small: Small & Saved) => {
    const rows = medians(small.rows);
    return {
      findings: findings(rows),
      body: [
        `${small.set}, ${whole(small.n)} vectors in all, the same work for any number of workers; medians of ${small.repeats} (extremes). The thread that adds shares the workers' cores; behind the mutex each thread brings its own vectors, and holds it from accepting one until it is linked. Each of 8 or 20 spaces is smaller than one space alone, so its recall is higher and an op costs less.`,
        table(small.rows, [
          ["case", "title"],
          ["inserts/s", "rate", whole, "with extremes"],
          ["times one worker", "times", (times) => times.toFixed(2), "with extremes"],
          ["recall@10", "recall", fourDigits],
          ["steals", "steals", whole],
        ]),
      ],
      plots: [
        lines(
          "scaling-times",
          `Times the inserts a second of one worker, by workers (${coresOf(rows)} cores)`,
          rows
            .filter(({ workers, cores }) => workers >= cores)
            .map(({ kind, workers, times }) => ({ x: workers, y: times, kind })),
          { x: { title: "workers", log: true }, y: { title: "times one worker" }, kind: "kind" },
        ),
      ],
    };
  },
} satisfies Section;

function condenseCase({ title, task, cores, oversubscribed, answers }: ScalingCase, alone: ScalingCase): Row {
  const perSecond = ({ insertsPerSecond }: ScalingMeasurement) => insertsPerSecond;
  return {
    ...{ title, kind: task.kind, workers: task.workers, cores, oversubscribed },
    rate: over(answers, perSecond),
    times: ratio(answers, alone.answers, perSecond),
    recall: over(answers, ({ recall }) => recall),
    steals: over(answers, ({ steals }) => steals),
  };
}

function coresOf(rows: Medians<Row>[]): number {
  return Math.max(...rows.map(({ cores }) => cores));
}

function findings(rows: Medians<Row>[]): Finding[] {
  const cores = coresOf(rows);
  const enough = cores >= CORES_OF_THE_CLAIMS;
  const find = (kind: ScalingKind, workers: number) =>
    rows.find((row) => row.kind === kind && row.workers === workers && row.workers >= row.cores)!;
  const most = Math.max(...rows.filter(({ oversubscribed }) => !oversubscribed).map(({ workers }) => workers));
  const times = (kind: ScalingKind) => find(kind, most).times;
  const alone = find("one space", 1).rate;
  const mutex = times("one mutex");
  const crowd = find("one mutex", CORES_OF_THE_CLAIMS);
  const own = times("own spaces");
  return [
    {
      claim: CORE,
      measured: `${whole(alone)}/s on one core, the adding thread included`,
      verdict: alone >= 10_000 ? "holds" : "does not hold",
      why: "",
    },
    {
      claim: MUTEX,
      measured: `${most} threads on ${most} cores: ${short(mutex)} times one${enough ? "" : `; ${crowd.workers} on ${crowd.cores}: ${short(crowd.times)}`}`,
      verdict: mutex <= 1.2 ? "holds" : "holds in part",
      why: enough
        ? ""
        : `${cores} cores stand for eight here: a thread holds the mutex for the whole of an insertion, so further cores can only wait for it.`,
    },
    {
      claim: PARTITIONED,
      measured: `${most} workers on ${most} cores: ${short(own)} times one for spaces with a worker each, ${short(times("20 spaces"))} for 20 spaces with stealing, ${short(times("one space"))} inside one space`,
      verdict: !enough ? "cannot be judged here" : own >= 7 ? "holds" : own > 1.2 ? "holds in part" : "does not hold",
      why: enough ? "" : `${cores} cores cannot show eight; the [simulation](#simulation) goes on from here.`,
    },
  ];
}
