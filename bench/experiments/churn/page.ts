// Does memory come back after deletes? From the suite of that name.

import type { Finding, Saved, Section } from "../../experiment.ts";
import { type Case, over } from "../../kit/rounds.ts";
import { sum } from "../../kit/statistics.ts";
import { short, table, whole } from "../../report/markdown.ts";
import { dots } from "../../report/plots.ts";
import type { ChurnMeasurement, ChurnTask } from "./measure.ts";

const CLAIM =
  "after nine of ten are deleted the memory of a fresh build is left, while searches go on (beyond the thread)";

/** Of a case, over its rounds. */
interface Row extends Omit<ChurnMeasurement, "longestSearchMs"> {
  title: string;
  longestMs: number;
}

interface Small {
  rows: Row[];
}

export const churn: Section<Small> = {
  suite: "churn",
  title: "Churn",
  claims: [CLAIM],
  command: "bun run bench churn --repeats 3",
  condense: ({ cases }: { cases: Case<ChurnTask, ChurnMeasurement>[] }) => ({
    rows: cases.map(({ title, answers }) => ({
      title,
      bytes: over(answers, ({ bytes }) => bytes).median,
      freshBytes: over(answers, ({ freshBytes }) => freshBytes).median,
      secondsToSettle: over(answers, ({ secondsToSettle }) => secondsToSettle).median,
      recall: over(answers, ({ recall }) => recall).median,
      freshRecall: over(answers, ({ freshRecall }) => freshRecall).median,
      searches: sum(answers.map(({ searches }) => searches)),
      wrong: sum(answers.map(({ wrong }) => wrong)),
      longestMs: over(answers, ({ longestSearchMs }) => longestSearchMs).median,
    })),
  }),
  page: ({ rows }: Small & Saved) => ({
    findings: rows.slice(0, 1).map(finding),
    text: `One worker; nobody asks for a compaction. Wrong: searches meanwhile that gave too few hits or a deleted one.\n\n${table(
      ["set", "MiB", "of a fresh build", "s to settle", "recall@10", "fresh", "searches", "wrong", "longest ms"],
      rows.map((row) => [
        ...[row.title, short(row.bytes / 2 ** 20), short(row.freshBytes / 2 ** 20), short(row.secondsToSettle)],
        ...[row.recall.toFixed(4), row.freshRecall.toFixed(4), whole(row.searches), whole(row.wrong)],
        short(row.longestMs),
      ]),
    )}`,
    plots: [
      dots(
        "churn-bytes",
        "MiB in use after nine of ten are deleted, and of a fresh build of the rest",
        rows.flatMap(({ title: thing, bytes, freshBytes }) => [
          { thing, value: bytes / 2 ** 20, kind: "after the deletes" },
          { thing, value: freshBytes / 2 ** 20, kind: "a fresh build" },
        ]),
        { value: { title: "MiB" }, kind: "what" },
      ),
    ],
  }),
};

function finding({ bytes, freshBytes, secondsToSettle, searches, wrong, longestMs }: Row): Finding {
  const share = bytes / freshBytes;
  return {
    claim: CLAIM,
    measured: `${short(share)} times the bytes of a fresh build after ${short(secondsToSettle)} s; ${whole(wrong)} of ${whole(searches)} searches meanwhile were wrong, the longest took ${short(longestMs)} ms`,
    verdict: wrong > 0 ? "does not hold" : share <= 1.25 ? "holds" : "holds in part",
    why: "",
  };
}
