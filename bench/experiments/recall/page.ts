// Does an index find the share of the nearest that it was opened for?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { type Case, over, overKnown } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, type Spread } from "../../kit/statistics.ts";
import { fourDigits, short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import type { RecallStage, RecallTask } from "./measure.ts";

const CLAIM =
  "searches find .95 of the 10 nearest, within .01, at every size, a minute after a flush (beyond the source)";
const TARGET = 0.95;
const WITHIN = 0.01;

/** A stage over the rounds; `ef` undefined where every vector is compared. */
interface Row extends Record<"tableRecall" | "reported" | "error" | "recall" | "recallAt99", Figure> {
  input: string;
  n: number;
  dimensions: number;
  tableEf: Spread | undefined;
  ef: Spread | undefined;
  seconds: Spread | undefined;
}

export const section = {
  title: "Recall",
  claims: [CLAIM],
  command: "bun run bench recall --set all --repeats 3",
  condense: ({ cases }: { cases: Case<RecallTask, { stages: RecallStage[] }>[] }) => ({
    rows: cases.flatMap(({ title, answers }) =>
      answers[0]!.stages.map(({ n, dimensions }, i): Row => {
        const stages = answers.map((answer) => answer.stages[i]!);
        const known = (figure: "tableEf" | "ef" | "seconds") => overKnown(stages, (stage) => stage[figure]);
        const of = (figure: "tableRecall" | "reported" | "error" | "recall" | "recallAt99") =>
          over(stages, (stage) => stage[figure]);
        return {
          ...{ input: title, n, dimensions, tableEf: known("tableEf"), ef: known("ef"), seconds: known("seconds") },
          ...{ tableRecall: of("tableRecall"), reported: of("reported"), error: of("error") },
          ...{ recall: of("recall"), recallAt99: of("recallAt99") },
        };
      }),
    ),
  }),
  page: ({ rows }: { rows: Row[] } & Saved) => ({
    findings: [finding(medians(rows))],
    body: [
      "1,000 held-out queries, compared from outside with an exact scan: first as the table of docs/RECALL.md has it, then once the index has measured itself. No ef: every vector is compared.",
      table(rows, [
        ["input", "input"],
        ["vectors", "n", whole],
        ["dimensions", "dimensions", whole],
        ["ef by the table", "tableEf", whole],
        ["recall", "tableRecall", fourDigits],
        ["s until measured", "seconds", short],
        ["ef", "ef", whole],
        ["reported", "reported", fourDigits],
        ["±", "error", fourDigits],
        ["recall", "recall", fourDigits],
        ["asked for .99", "recallAt99", fourDigits],
      ]),
    ],
    plots: [
      lines(
        "recall-sizes",
        "Recall at 10 of 1,000 held-out queries, as an index grows that was opened for .95",
        medians(rows).map(({ input, n, recall }) => ({ x: n, y: recall, kind: input })),
        { x: { title: "vectors", log: true, base: 10 }, y: { title: "recall@10", close: true }, kind: "input" },
      ),
    ],
  }),
} satisfies Section;

function finding(rows: Medians<Row>[]): Finding {
  const short = rows.filter(({ recall }) => recall < TARGET - WITHIN);
  const lowest = rows.reduce((low, row) => (row.recall < low.recall ? row : low));
  return {
    claim: CLAIM,
    measured: `of ${whole(rows.length)} sizes and inputs ${whole(rows.length - short.length)} are at ${TARGET - WITHIN} or above; the lowest is ${fourDigits(lowest.recall)} (${lowest.input}, ${whole(lowest.n)})`,
    verdict: short.length === 0 ? "holds" : short.length * 10 <= rows.length ? "holds in part" : "does not hold",
    why: short.map(({ input, n, recall }) => `${input}, ${whole(n)}: ${fourDigits(recall)}`).join("; "),
  };
}
