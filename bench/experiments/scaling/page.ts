// What do more workers bring, and what does one mutex leave of it? From the suite of that name.

import type { Finding, Saved, Section } from "../../experiment.ts";
import { over, ratio } from "../../kit/rounds.ts";
import { type Spread, spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { lines } from "../../report/plots.ts";
import type { ScalingKind } from "./measure.ts";
import type { ScalingCase } from "./suite.ts";
import type { ScalingMeasurement } from "./types.ts";

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
  recall: number;
  steals: number;
}

interface Small {
  set: string;
  n: number;
  rows: Row[];
}

export const scaling: Section<Small> = {
  suite: "scaling",
  title: "Scaling",
  claims: [CORE, MUTEX, PARTITIONED],
  command: "bun run bench scaling --n 100000",
  condense: ({ results }: { results: { set: string; n: number; groups: ScalingCase[][] }[] }) => {
    const { set, n, groups } = results[0]!;
    return { set, n, rows: groups.flatMap((group) => group.map((one) => condenseCase(one, group[0]!))) };
  },
  page: (small: Small & Saved) => ({
    findings: findings(small),
    text: [
      `${small.set}, ${whole(small.n)} vectors in all, the same work for any number of workers; medians of ${small.repeats} (extremes). The thread that adds shares the workers' cores; behind the mutex each thread brings its own vectors, and holds it from accepting one until it is linked. With 8 and 20 spaces each is smaller, so its recall is higher and an op costs less.`,
      table(
        ["case", "inserts/s", "times one worker", "recall@10", "steals"],
        small.rows.map(({ title, rate, times, recall, steals }) => [
          title,
          `${whole(rate.median)} (${whole(rate.min)}–${whole(rate.max)})`,
          `${times.median.toFixed(2)} (${times.min.toFixed(2)}–${times.max.toFixed(2)})`,
          ...[recall.toFixed(4), whole(steals)],
        ]),
      ),
    ].join("\n\n"),
    plots: [
      lines(
        "scaling-times",
        `Times the inserts a second of one worker, by workers (${coresOf(small.rows)} cores)`,
        small.rows
          .filter(({ workers, cores }) => workers >= cores)
          .map(({ kind, workers, times }) => ({ x: workers, y: times.median, kind })),
        { x: { title: "workers", log: true }, y: { title: "times one worker" }, kind: "kind" },
      ),
    ],
  }),
};

function condenseCase({ title, task, cores, oversubscribed, answers }: ScalingCase, alone: ScalingCase): Row {
  const perSecond = ({ insertsPerSecond }: ScalingMeasurement) => insertsPerSecond;
  return {
    ...{ title, kind: task.kind, workers: task.workers, cores, oversubscribed },
    rate: over(answers, perSecond),
    times: ratio(answers, alone.answers, perSecond),
    recall: spread(answers.map(({ recall }) => recall)).median,
    steals: spread(answers.map(({ steals }) => steals)).median,
  };
}

function coresOf(rows: Row[]): number {
  return Math.max(...rows.map(({ cores }) => cores));
}

function findings({ rows }: Small): Finding[] {
  const cores = coresOf(rows);
  const enough = cores >= CORES_OF_THE_CLAIMS;
  const find = (kind: ScalingKind, workers: number) =>
    rows.find((row) => row.kind === kind && row.workers === workers && row.workers >= row.cores)!;
  const most = Math.max(...rows.filter(({ oversubscribed }) => !oversubscribed).map(({ workers }) => workers));
  const times = (kind: ScalingKind) => find(kind, most).times.median;
  const alone = find("one space", 1).rate.median;
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
      measured: `${most} threads on ${most} cores: ${short(mutex)} times one${enough ? "" : `; ${crowd.workers} on ${crowd.cores}: ${short(crowd.times.median)}`}`,
      verdict: mutex <= 1.2 ? "holds" : "holds in part",
      why: enough
        ? ""
        : `${cores} cores stand for eight here: whoever inserts holds the mutex all the while, so further cores can only wait for it.`,
    },
    {
      claim: PARTITIONED,
      measured: `${most} workers on ${most} cores: ${short(own)} times one for spaces with a worker each, ${short(times("20 spaces"))} for 20 spaces with stealing, ${short(times("one space"))} inside one space`,
      verdict: !enough ? "cannot be told here" : own >= 7 ? "holds" : own > 1.2 ? "holds in part" : "does not hold",
      why: enough ? "" : `${cores} cores cannot show eight; the [simulation](#simulation) goes on from here.`,
    },
  ];
}
