// Does memory come back after deletes?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, sum } from "../../kit/statistics.ts";
import { fourDigits, mebibytes, short, table, whole } from "../../kit/table.ts";
import { dots } from "../../report/plots.ts";
import type { ChurnMeasurement, ChurnTask } from "./measure.ts";

const CLAIM =
  "after nine of ten are deleted the memory of a fresh build is left, while searches go on (beyond the source)";

/** A case over its rounds. */
interface Row extends Record<"bytes" | "freshBytes" | "secondsToSettle" | "recall" | "freshRecall", Figure> {
  title: string;
  /** In all rounds together. */
  searches: number;
  wrong: number;
  longestMs: Figure;
}

export const section = {
  title: "Churn",
  claims: [CLAIM],
  command: "bun run bench churn --repeats 3",
  condense: ({ cases }: { cases: Case<ChurnTask, ChurnMeasurement>[] }) => ({
    rows: cases.map(
      ({ title, answers }): Row => ({
        title,
        ...figures(answers, "bytes", "freshBytes", "secondsToSettle", "recall", "freshRecall"),
        searches: sum(answers.map(({ searches }) => searches)),
        wrong: sum(answers.map(({ wrong }) => wrong)),
        longestMs: over(answers, ({ longestSearchMs }) => longestSearchMs),
      }),
    ),
  }),
  page: ({ rows }: { rows: Row[] } & Saved) => ({
    findings: medians(rows).slice(0, 1).map(finding),
    body: [
      "One worker; nothing asks for a compaction. Wrong: searches during it that gave too few hits or a deleted one.",
      table(rows, [
        ["set", "title"],
        ["MiB", "bytes", mebibytes],
        ["of a fresh build", "freshBytes", mebibytes],
        ["s to settle", "secondsToSettle", short],
        ["recall@10", "recall", fourDigits],
        ["fresh", "freshRecall", fourDigits],
        ["searches", "searches", whole],
        ["wrong", "wrong", whole],
        ["longest ms", "longestMs", short],
      ]),
    ],
    plots: [
      dots(
        "churn-bytes",
        "MiB in use after nine of ten are deleted, and of a fresh build of the rest",
        medians(rows).flatMap(({ title: thing, bytes, freshBytes }) => [
          { thing, value: bytes / 2 ** 20, kind: "after the deletes" },
          { thing, value: freshBytes / 2 ** 20, kind: "a fresh build" },
        ]),
        { value: { title: "MiB" }, kind: "what" },
      ),
    ],
  }),
} satisfies Section;

function finding({ bytes, freshBytes, secondsToSettle, searches, wrong, longestMs }: Medians<Row>): Finding {
  const share = bytes / freshBytes;
  return {
    claim: CLAIM,
    measured: `${short(share)} times the bytes of a fresh build after ${short(secondsToSettle)} s; of ${whole(searches)} searches during that time ${whole(wrong)} were wrong, the longest took ${short(longestMs)} ms`,
    verdict: wrong > 0 ? "does not hold" : share <= 1.25 ? "holds" : "holds in part",
    why: "",
  };
}
