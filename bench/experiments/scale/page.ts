// How does cost grow with vectors and with spaces?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { MAIN_EF } from "../../kit/curve.ts";
import { type Case, figures, overKnown } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { fourDigits, short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { ScaleSpacesMeasurement, ScaleSpacesTask } from "./spaces.ts";
import type { ScaleVectorsMeasurement, ScaleVectorsTask, VectorsStage } from "./vectors.ts";

const VECTORS = "cost grows slowly from 1,000 to 1,000,000 vectors (beyond the source)";
const SPACES = "a small space costs the same, the first and the hundred-thousandth (beyond the source)";
const MOST_VECTORS = 1_000_000;
const MOST_SPACES = 100_000;

interface Growing extends Record<"insertsPerSecond" | "bytesPerVector" | "recall" | "searchesPerSecond", Figure> {
  vectors: number;
  kind: VectorsStage["kind"];
  equalSearchesPerSecond?: Figure | undefined;
}

interface Spaces extends Record<"insertsPerSecond" | "bytesPerSpace" | "searchesPerSecond", Figure> {
  spaces: number;
}

interface Many {
  /** In each space. */
  vectors: number;
  stages: Spaces[];
}

interface Small {
  growing: Growing[];
  many: Many[];
}

interface Result {
  growing: Case<ScaleVectorsTask, ScaleVectorsMeasurement>;
  many: Case<ScaleSpacesTask, ScaleSpacesMeasurement>[];
}

export const section = {
  title: "Scale",
  claims: [VECTORS, SPACES],
  command: "bun run bench scale",
  condense: ({ growing, many }: Result): Small => ({
    growing: growing.task.sizes.map((vectors, i) => {
      const stages = growing.answers.map((answer) => answer.stages[i]!);
      return {
        ...{ vectors, kind: stages[0]!.kind },
        ...figures(stages, "insertsPerSecond", "bytesPerVector", "recall", "searchesPerSecond"),
        equalSearchesPerSecond: overKnown(stages, ({ equalSearchesPerSecond }) => equalSearchesPerSecond),
      };
    }),
    many: many.map(({ task, answers }) => ({
      vectors: task.vectors,
      stages: task.sizes.map((spaces, i) => {
        const stages = answers.map((answer) => answer.stages[i]!);
        return { spaces, ...figures(stages, "insertsPerSecond", "bytesPerSpace", "searchesPerSecond") };
      }),
    })),
  }),
  page: (small: Small & Saved) => {
    const { growing, many } = medians(small);
    const few = many[0]!;
    const axes = (title: string) => ({
      ...{ x: { title, log: true, base: 10 }, y: { title: "a second", log: true }, kind: "what" },
    });
    return {
      findings: [vectorsFinding(growing), spacesFinding(few)],
      body: [
        `Mixture of Gaussians, 128 dimensions, one worker; medians of ${small.repeats}. A space grows; inserts are those since the line before. Up to 1,000 vectors it is scanned; the time to make its graph counts in the line after.`,
        table(small.growing, [
          ["vectors", "vectors", whole],
          ["inserts/s", "insertsPerSecond", whole],
          ["bytes a vector", "bytesPerVector", whole],
          [`recall@10 at ef ${MAIN_EF}`, "recall", fourDigits],
          ["searches/s", "searchesPerSecond", whole],
          ["searches/s at .95", "equalSearchesPerSecond", whole],
        ]),
        "The same with spaces: inserts make them, each search goes to one at random.",
        table(
          small.many.flatMap(({ vectors, stages }) => stages.map((stage) => ({ vectors, ...stage }))),
          [
            ["spaces", "spaces", whole],
            ["vectors in each", "vectors", whole],
            ["inserts/s", "insertsPerSecond", whole],
            ["bytes a space", "bytesPerSpace", whole],
            ["searches/s", "searchesPerSecond", whole],
          ],
        ),
      ],
      plots: [
        lines(
          "scale-vectors",
          "Inserts, and searches at recall .95, a second as a space grows",
          growing.flatMap(({ vectors: x, insertsPerSecond, equalSearchesPerSecond }) => [
            { x, y: insertsPerSecond, kind: "inserts" },
            ...(equalSearchesPerSecond ? [{ x, y: equalSearchesPerSecond, kind: "searches" }] : []),
          ]),
          axes("vectors"),
        ),
        lines(
          "scale-spaces",
          `Inserts and searches a second by spaces of ${few.vectors} vectors`,
          few.stages.flatMap(({ spaces: x, insertsPerSecond, searchesPerSecond }) => [
            { x, y: insertsPerSecond, kind: "inserts" },
            { x, y: searchesPerSecond, kind: "searches" },
          ]),
          axes("spaces"),
        ),
      ],
    };
  },
} satisfies Section;

/** Slowly: by less than the square root of the size, from the first graph on. */
function vectorsFinding(growing: Medians<Growing>[]): Finding {
  const graphs = growing.filter(({ kind }) => kind === "graph");
  const [first, last] = [graphs[0], graphs.at(-1)];
  if (!first || !last || first === last) {
    return { claim: VECTORS, measured: "one size of a graph", verdict: "cannot be judged here", why: "" };
  }
  const slowly = Math.sqrt(last.vectors / first.vectors);
  const inserting = first.insertsPerSecond / last.insertsPerSecond;
  const equal = graphs.filter(({ equalSearchesPerSecond }) => equalSearchesPerSecond);
  const [searched, reached] = [equal[0], equal.at(-1)];
  const searching = searched && reached ? searched.equalSearchesPerSecond! / reached.equalSearchesPerSecond! : Infinity;
  const slow = inserting < slowly && searching < slowly;
  const less = [
    ...(reached === last ? [] : [`recall .95 was not reached at ${whole(last.vectors)}`]),
    ...(last.vectors < MOST_VECTORS ? ["larger ones were not measured"] : []),
  ];
  return {
    claim: VECTORS,
    measured: [
      `from ${whole(first.vectors)} to ${whole(last.vectors)} an insert gets ${short(inserting)} times as expensive`,
      ...(reached ? [`a search at recall .95 ${short(searching)} times up to ${whole(reached.vectors)}`] : []),
    ].join(", "),
    verdict: !slow ? "does not hold" : less.length > 0 ? "holds in part" : "holds",
    why: [`"slowly" is less than the square root of the growth, ${short(slowly)} here`, ...less].join("; ").concat("."),
  };
}

/** The same: within a tenth in bytes, and not half as fast in inserts. */
function spacesFinding({ vectors, stages }: Medians<Many>): Finding {
  const [first, last] = [stages[0]!, stages.at(-1)!];
  const best = Math.max(...stages.map(({ insertsPerSecond }) => insertsPerSecond));
  const holds = last.bytesPerSpace < 1.1 * first.bytesPerSpace && last.insertsPerSecond > best / 2;
  return {
    claim: SPACES,
    measured: `spaces of ${vectors} vectors: ${whole(first.bytesPerSpace)} bytes the first, ${whole(last.bytesPerSpace)} on average over ${whole(last.spaces)}; ${whole(best)} inserts/s at best, ${whole(last.insertsPerSecond)} at the end`,
    verdict: !holds ? "does not hold" : last.spaces < MOST_SPACES ? "holds in part" : "holds",
    why: last.spaces < MOST_SPACES ? `not more than ${whole(last.spaces)} were measured.` : "",
  };
}
