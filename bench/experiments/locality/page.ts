// What is it worth that a space stays with its worker?

import type { Saved, Section } from "../../experiment.ts";
import { type Case, over, ratio } from "../../kit/rounds.ts";
import { type Figure, medians, spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { LocalityMeasurement, LocalityTask } from "./measure.ts";

const CLAIM = "a space's fixed worker: 3.5 times a random worker per batch";

interface Row {
  n: number;
  spaces: number;
  batch: number;
  mib: Figure;
  fixedMicroseconds: Figure;
  randomMicroseconds: Figure;
  ratio: Figure;
}

interface Small {
  set: string;
  counters: string;
  rows: Row[];
}

type LocalityCase = Case<LocalityTask, LocalityMeasurement>;

export const section = {
  title: "Locality",
  claims: [CLAIM],
  command: "bun run bench locality",
  condense: ({ counters, results }: { counters: string; results: { set: string; pairs: LocalityCase[][] }[] }) => {
    const { set, pairs } = results[0]!;
    const cost = ({ linkMicroseconds }: LocalityMeasurement) => linkMicroseconds;
    const rows = pairs.map(
      ([fixed, random]): Row => ({
        ...{ n: fixed!.task.n, spaces: fixed!.task.spaces, batch: fixed!.task.batch },
        mib: over(fixed!.answers, ({ mib }) => mib),
        fixedMicroseconds: over(fixed!.answers, cost),
        randomMicroseconds: over(random!.answers, cost),
        ratio: ratio(random!.answers, fixed!.answers, cost),
      }),
    );
    return { set, counters, rows } satisfies Small;
  },
  page: ({ set, counters, rows }: Small & Saved) => {
    const figures = medians(rows);
    const { median, min, max } = spread(figures.map(({ ratio }) => ratio));
    return {
      findings: [
        {
          claim: CLAIM,
          measured: `a random worker takes ${short(median)} times the processor time (${short(min)} to ${short(max)} over the cases)`,
          verdict: median >= 3 ? "holds" : median >= 1.3 ? "holds in part" : "does not hold",
          why: "all spaces lie in memory that the workers share, so another worker finds everything where it is: it misses what its own core's caches held, and copies nothing. These cores also share a last-level cache.",
        },
      ],
      body: [
        `${set}, two workers. Hardware counters: ${counters}.`,
        table(rows, [
          ["vectors", "n", whole],
          ["spaces", "spaces", whole],
          ["batch", "batch", whole],
          ["MiB", "mib", whole],
          ["fixed µs", "fixedMicroseconds", short],
          ["random µs", "randomMicroseconds", short],
          ["random over fixed", "ratio", short],
        ]),
      ],
      plots: [
        lines(
          "locality-times",
          "Processor time of an op by a random worker over that by the space's own, by working set",
          figures.map(({ n, batch, mib, ratio }) => ({ x: mib, y: ratio, kind: `${whole(n)}, ${batch}` })),
          {
            x: { title: "MiB, of 2, 20 and 200 spaces", log: true },
            y: { title: "random over fixed" },
            kind: "vectors, batch",
          },
        ),
      ],
    };
  },
} satisfies Section;
