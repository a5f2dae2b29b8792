// Is the caller held up, and are adds found at once? From the suite of that name.

import type { Case } from "../../harness/rounds.ts";
import { spread } from "../../harness/statistics.ts";
import type { FreshnessMeasurement, FreshnessTask } from "../../measure/freshness.ts";
import { short, table, whole } from "../markdown.ts";
import type { Saved, Section } from "../section.ts";

interface Small {
  cases: {
    title: string;
    longestGapMs: number;
    p50Ms: number;
    p99Ms: number;
    probes: number;
    found: number;
    rate: number;
  }[];
}

export const freshness: Section<Small> = {
  suite: "freshness",
  title: "Freshness",
  claims: ["an add is searchable at once, and the event loop stays free (beyond the thread)"],
  command: "bun run bench freshness",
  condense: ({ cases }: { cases: Case<FreshnessTask, FreshnessMeasurement>[] }) => ({
    cases: cases.map(({ title, answers }) => {
      const median = (figure: (answer: FreshnessMeasurement) => number) => spread(answers.map(figure)).median;
      const sum = (figure: (answer: FreshnessMeasurement) => number) =>
        answers.reduce((total, answer) => total + figure(answer), 0);
      return {
        title,
        longestGapMs: median(({ longestGapMs }) => longestGapMs),
        p50Ms: median(({ searchMs }) => searchMs.p50),
        p99Ms: median(({ searchMs }) => searchMs.p99),
        probes: sum(({ probes }) => probes),
        found: sum(({ found }) => found),
        rate: median(({ insertsPerSecond }) => insertsPerSecond),
      };
    }),
  }),
  page: ({ cases }: Small & Saved) => {
    const worstGap = Math.max(...cases.map(({ longestGapMs }) => longestGapMs));
    const all = cases.every(({ probes, found }) => probes === found);
    return {
      findings: [
        {
          claim: "an add is searchable at once, and the event loop stays free (beyond the thread)",
          measured: `${all ? "every add" : "not every add"} found by the next search; longest gap of the event loop ${short(worstGap)} ms`,
          verdict: all && worstGap < 50 ? "holds" : "holds in part",
          why: "",
        },
      ],
      text: table(
        ["set", "longest gap ms", "search p50 ms", "p99 ms", "inserts/s", "found at once"],
        cases.map((row) => [
          ...[row.title, short(row.longestGapMs), short(row.p50Ms), short(row.p99Ms), whole(row.rate)],
          `${row.found} of ${row.probes}`,
        ]),
      ),
      plots: [],
    };
  },
};
