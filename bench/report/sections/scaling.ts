// What does a second worker bring? From the suite of that name.

import type { Case } from "../../harness/rounds.ts";
import { spread } from "../../harness/statistics.ts";
import type { ScalingMeasurement, ScalingTask } from "../../measure/scaling.ts";
import { short, table, whole } from "../markdown.ts";
import type { Saved, Section } from "../section.ts";

interface Row {
  title: string;
  workers: number;
  spaces: number;
  cores: number;
  rate: { median: number; min: number; max: number };
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
  claims: ["10,000 inserts/s on a core", "one mutex: 1.2 times on 8 cores", "partitioned: 7.8 times on 8 cores"],
  command: "bun run bench scaling",
  condense: ({
    results,
  }: {
    results: { set: string; n: number; cases: Case<ScalingTask, ScalingMeasurement>[] }[];
  }) => {
    const { set, n, cases } = results[0]!;
    return {
      ...{ set, n },
      rows: cases.map(({ title, task, cores, answers }) => ({
        ...{ title, workers: task.workers, spaces: task.spaces, cores },
        rate: spread(answers.map(({ insertsPerSecond }) => insertsPerSecond)),
        recall: spread(answers.map(({ recall }) => recall)).median,
        steals: spread(answers.map(({ steals }) => steals)).median,
      })),
    };
  },
  page: ({ set, n, rows, repeats }: Small & Saved) => {
    const find = (workers: number, spaces: number) =>
      rows.find((row) => row.workers === workers && row.spaces === spaces);
    const [one, two, inside] = [find(1, 1), find(2, 2), find(2, 1)];
    const times = one && two ? two.rate.median / one.rate.median : 0;
    const timesInside = one && inside ? inside.rate.median / one.rate.median : 0;
    return {
      findings: [
        {
          claim: "10,000 inserts/s on a core",
          measured: `${whole(one?.rate.median ?? 0)}/s on one core, the adding thread included`,
          verdict: (one?.rate.median ?? 0) >= 10_000 ? "holds" : "does not hold",
          why: "",
        },
        {
          claim: "partitioned: 7.8 times on 8 cores",
          measured: `two workers on two cores: ${short(times)} times one on one for two spaces, ${short(timesInside)} times inside one space`,
          verdict: "cannot be told here",
          why: "two cores cannot show eight; the [simulation](#simulation) goes on from here.",
        },
        {
          claim: "one mutex: 1.2 times on 8 cores",
          measured: "not measured: this suite has no build with one mutex yet",
          verdict: "cannot be told here",
          why: "",
        },
      ],
      text: `${set}, ${whole(n)} vectors in all; medians of ${repeats} (extremes).\n\n${table(
        ["case", "inserts/s", "recall@10", "steals"],
        rows.map((row) => [
          row.title,
          `${whole(row.rate.median)} (${whole(row.rate.min)}–${whole(row.rate.max)})`,
          ...[row.recall.toFixed(4), whole(row.steals)],
        ]),
      )}`,
      plots: [],
    };
  },
};
