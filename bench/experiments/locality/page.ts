// What is it worth that a space stays with its worker? From the suite of that name.

import type { Saved, Section } from "../../experiment.ts";
import type { Case } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { lines } from "../../report/plots.ts";
import type { LocalityMeasurement, LocalityTask } from "./measure.ts";

const CLAIM = "a space's fixed worker: 3.5 times a random worker per batch";

interface Row {
  n: number;
  spaces: number;
  batch: number;
  mib: number;
  fixedMicroseconds: number;
  randomMicroseconds: number;
  ratio: number;
}

interface Small {
  set: string;
  counters: string;
  rows: Row[];
}

type LocalityCase = Case<LocalityTask, LocalityMeasurement>;

export const locality: Section<Small> = {
  suite: "locality",
  title: "Locality",
  claims: [CLAIM],
  command: "bun run bench locality",
  condense: ({ counters, results }: { counters: string; results: { set: string; pairs: LocalityCase[][] }[] }) => {
    const { set, pairs } = results[0]!;
    const cost = ({ linkMicroseconds }: LocalityMeasurement) => linkMicroseconds;
    return {
      ...{ set, counters },
      rows: pairs.map(([fixed, random]) => ({
        ...{ n: fixed!.task.n, spaces: fixed!.task.spaces, batch: fixed!.task.batch },
        mib: spread(fixed!.answers.map(({ mib }) => mib)).median,
        fixedMicroseconds: spread(fixed!.answers.map(cost)).median,
        randomMicroseconds: spread(random!.answers.map(cost)).median,
        ratio: spread(random!.answers.map((answer, round) => cost(answer) / cost(fixed!.answers[round]!))).median,
      })),
    };
  },
  page: ({ set, counters, rows }: Small & Saved) => {
    const ratios = rows.map(({ ratio }) => ratio);
    const { median, min, max } = spread(ratios);
    return {
      findings: [
        {
          claim: CLAIM,
          measured: `a random worker takes ${short(median)} times the processor time (${short(min)} to ${short(max)} over the cases)`,
          verdict: median >= 3 ? "holds" : median >= 1.3 ? "holds in part" : "does not hold",
          why: "all spaces lie in memory that the workers share, so another worker finds everything where it is: it misses what its own core's caches held, and copies nothing. These cores also share a last-level cache.",
        },
      ],
      text: `${set}, two workers. Hardware counters: ${counters}.\n\n${table(
        ["vectors", "spaces", "batch", "MiB", "fixed µs", "random µs", "random over fixed"],
        rows.map((row) => [
          ...[whole(row.n), whole(row.spaces), whole(row.batch), whole(row.mib)],
          ...[short(row.fixedMicroseconds), short(row.randomMicroseconds), short(row.ratio)],
        ]),
      )}`,
      plots: [
        lines(
          "locality-times",
          "Processor time of an op by a random worker over that by the space's own, by working set",
          rows.map(({ n, batch, mib, ratio }) => ({ x: mib, y: ratio, kind: `${whole(n)}, ${batch}` })),
          {
            x: { title: "MiB, of 2, 20 and 200 spaces", log: true },
            y: { title: "random over fixed" },
            kind: "vectors, batch",
          },
        ),
      ],
    };
  },
};
