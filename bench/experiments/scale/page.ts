// How does cost grow with vectors and with spaces? From the suite of that name.

import type { Finding, Saved, Section } from "../../experiment.ts";
import { MAIN_EF } from "../../kit/curve.ts";
import { type Case, over } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { lines } from "../../report/plots.ts";
import type { ScaleSpacesMeasurement, ScaleSpacesTask, SpacesStage } from "./spaces.ts";
import type { ScaleVectorsMeasurement, ScaleVectorsTask, VectorsStage } from "./vectors.ts";

const VECTORS = "cost grows slowly from 1,000 to 1,000,000 vectors (beyond the thread)";
const SPACES = "a small space costs the same, the first and the hundred-thousandth (beyond the thread)";
const MOST_VECTORS = 1_000_000;
const MOST_SPACES = 100_000;

interface Many {
  vectors: number;
  stages: SpacesStage[];
}

interface Small {
  growing: VectorsStage[];
  many: Many[];
}

interface Result {
  growing: Case<ScaleVectorsTask, ScaleVectorsMeasurement>;
  many: Case<ScaleSpacesTask, ScaleSpacesMeasurement>[];
}

export const scale: Section<Small> = {
  suite: "scale",
  title: "Scale",
  claims: [VECTORS, SPACES],
  command: "bun run bench scale",
  condense: ({ growing, many }: Result) => ({
    growing: growing.task.sizes.map((vectors, i) => {
      const stages = growing.answers.map((answer) => answer.stages[i]!);
      const equal = stages.flatMap(({ equalSearchesPerSecond }) => equalSearchesPerSecond ?? []);
      return {
        ...{ vectors, kind: stages[0]!.kind },
        insertsPerSecond: over(stages, (stage) => stage.insertsPerSecond).median,
        bytesPerVector: over(stages, (stage) => stage.bytesPerVector).median,
        recall: over(stages, (stage) => stage.recall).median,
        searchesPerSecond: over(stages, (stage) => stage.searchesPerSecond).median,
        equalSearchesPerSecond: equal.length > 0 ? spread(equal).median : undefined,
      };
    }),
    many: many.map(({ task, answers }) => ({
      vectors: task.vectors,
      stages: task.sizes.map((spaces, i) => {
        const stages = answers.map((answer) => answer.stages[i]!);
        return {
          spaces,
          insertsPerSecond: over(stages, (stage) => stage.insertsPerSecond).median,
          bytesPerSpace: over(stages, (stage) => stage.bytesPerSpace).median,
          searchesPerSecond: over(stages, (stage) => stage.searchesPerSecond).median,
        };
      }),
    })),
  }),
  page: ({ growing, many, repeats }: Small & Saved) => ({
    findings: [vectorsFinding(growing), spacesFinding(many[0]!)],
    text: [
      `Mixture of Gaussians, 128 dimensions, one worker; medians of ${repeats}. A space grows; inserts are those since the line before. Up to 1,000 vectors it is scanned, and making its graph falls to the line after.`,
      table(
        ["vectors", "inserts/s", "bytes a vector", `recall@10 at ef ${MAIN_EF}`, "searches/s", "searches/s at .95"],
        growing.map((stage) => [
          ...[whole(stage.vectors), whole(stage.insertsPerSecond), whole(stage.bytesPerVector)],
          ...[stage.recall.toFixed(4), whole(stage.searchesPerSecond)],
          stage.equalSearchesPerSecond === undefined ? "" : whole(stage.equalSearchesPerSecond),
        ]),
      ),
      "The same with spaces: inserts make them, each search goes to one at random.",
      table(
        ["spaces", "vectors in each", "inserts/s", "bytes a space", "searches/s"],
        many.flatMap(({ vectors, stages }) =>
          stages.map((stage) => [
            ...[whole(stage.spaces), whole(vectors), whole(stage.insertsPerSecond)],
            ...[whole(stage.bytesPerSpace), whole(stage.searchesPerSecond)],
          ]),
        ),
      ),
    ].join("\n\n"),
    plots: [
      lines(
        "scale-vectors",
        "Inserts, and searches at recall .95, a second as a space grows",
        growing.flatMap(({ vectors: x, insertsPerSecond, equalSearchesPerSecond }) => [
          { x, y: insertsPerSecond, kind: "inserts" },
          ...(equalSearchesPerSecond ? [{ x, y: equalSearchesPerSecond, kind: "searches" }] : []),
        ]),
        { x: { title: "vectors", log: true, base: 10 }, y: { title: "a second", log: true }, kind: "what" },
      ),
      lines(
        "scale-spaces",
        `Inserts and searches a second by spaces of ${many[0]!.vectors} vectors`,
        many[0]!.stages.flatMap(({ spaces: x, insertsPerSecond, searchesPerSecond }) => [
          { x, y: insertsPerSecond, kind: "inserts" },
          { x, y: searchesPerSecond, kind: "searches" },
        ]),
        { x: { title: "spaces", log: true, base: 10 }, y: { title: "a second", log: true }, kind: "what" },
      ),
    ],
  }),
};

/** Slowly: by less than the square root of the size, from the first graph on. */
function vectorsFinding(growing: VectorsStage[]): Finding {
  const graphs = growing.filter(({ kind }) => kind === "graph");
  const [first, last] = [graphs[0], graphs.at(-1)];
  if (!first || !last || first === last) {
    return { claim: VECTORS, measured: "one size of a graph", verdict: "cannot be told here", why: "" };
  }
  const slowly = Math.sqrt(last.vectors / first.vectors);
  const inserting = first.insertsPerSecond / last.insertsPerSecond;
  const equal = growing.filter(({ kind, equalSearchesPerSecond }) => kind === "graph" && equalSearchesPerSecond);
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
      `from ${whole(first.vectors)} to ${whole(last.vectors)} an insert gets ${short(inserting)} times as dear`,
      ...(reached ? [`a search at recall .95 ${short(searching)} times up to ${whole(reached.vectors)}`] : []),
    ].join(", "),
    verdict: !slow ? "does not hold" : less.length > 0 ? "holds in part" : "holds",
    why: [`"slowly" is less than the square root of the growth, ${short(slowly)} here`, ...less].join("; ").concat("."),
  };
}

/** The same: within a tenth in bytes, and not half as fast in inserts. */
function spacesFinding({ vectors, stages }: Many): Finding {
  const [first, last] = [stages[0]!, stages.at(-1)!];
  const best = Math.max(...stages.map(({ insertsPerSecond }) => insertsPerSecond));
  const holds = last.bytesPerSpace < 1.1 * first.bytesPerSpace && last.insertsPerSecond > best / 2;
  return {
    claim: SPACES,
    measured: `spaces of ${vectors} vectors: ${whole(first.bytesPerSpace)} bytes the first, ${whole(last.bytesPerSpace)} on average over ${whole(last.spaces)}; ${whole(best)} inserts/s at best, ${whole(last.insertsPerSecond)} at last`,
    verdict: !holds ? "does not hold" : last.spaces < MOST_SPACES ? "holds in part" : "holds",
    why: last.spaces < MOST_SPACES ? `not more than ${whole(last.spaces)} were measured.` : "",
  };
}
