// Did a change of the core pay? No claim depends on a comparison of builds, so the document has no section for it.

import type { Saved, Section } from "../../experiment.ts";
import type { Spread } from "../../kit/statistics.ts";
import { fourDigits, table, whole } from "../../kit/table.ts";
import { dots, spreadDots } from "../../report/plots.ts";

interface Row {
  set: string;
  n: number;
  /** Times of this build over the other one's. */
  link: Spread;
  /** Of the pieces that may be linked together. */
  together: Spread;
  search: Spread;
  /** Recall@10 of the other build and of this one. */
  recalls: [number, number];
  /** What the other build's partition uses in all, and this one's, by the vectors. */
  bytes: [number, number];
}

interface Small {
  results: Row[];
}

export const section = {
  title: "Core",
  claims: [],
  command: "bun run bench core --against FILE",
  condense: ({ results }: Small) => ({ results }),
  page: ({ results }: Small & Saved) => ({
    findings: [],
    body: [
      "Time of this build over the other one's, piece by piece.",
      table(results, [
        ["set", "set"],
        ["vectors", "n", String],
        ["linking", "link", (ratio) => ratio.toFixed(3)],
        ["together", "together", (ratio) => ratio.toFixed(3)],
        ["searching", "search", (ratio) => ratio.toFixed(3)],
        ["recall@10 of the other", ({ recalls }) => recalls[0], fourDigits],
        ["of this one", ({ recalls }) => recalls[1], fourDigits],
        ["bytes a vector of the other", ({ bytes }) => bytes[0], whole],
        ["of this one", ({ bytes }) => bytes[1], whole],
      ]),
    ],
    plots: [
      dots(
        "core-times",
        "Time of this build over the other one's",
        results.flatMap(({ set, link, together, search }) => [
          ...spreadDots(`linking, ${set}`, link),
          ...spreadDots(`linking together, ${set}`, together),
          ...spreadDots(`searching, ${set}`, search),
        ]),
        { value: { title: "times the other build's time", close: true }, kind: "of the pieces" },
      ),
    ],
  }),
} satisfies Section;
