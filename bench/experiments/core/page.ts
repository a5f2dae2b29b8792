// Did a change of the core pay? Plots only: what a build is compared with is nobody's claim, so the document has no section.

import type { Saved, Section } from "../../experiment.ts";
import type { Spread } from "../../kit/statistics.ts";
import { dots, spreadDots } from "../../report/plots.ts";

interface Row {
  set: string;
  n: number;
  /** Times of this build over the other one's. */
  link: Spread;
  search: Spread;
}

export const core: Section<{ results: Row[] }> = {
  suite: "core",
  title: "Core",
  claims: [],
  command: "bun run bench core --against FILE",
  condense: ({ results }: { results: Row[] }) => ({ results }),
  page: ({ results }: { results: Row[] } & Saved) => ({
    findings: [],
    text: "",
    plots: [
      dots(
        "core-times",
        "Time of this build over the other one's",
        results.flatMap(({ set, link, search }) => [
          ...spreadDots(`linking, ${set}`, link),
          ...spreadDots(`searching, ${set}`, search),
        ]),
        { value: { title: "times the other build's time", close: true }, kind: "of the pieces" },
      ),
    ],
  }),
};
