// What does the way over HTTP cost, beside the same work embedded?

import type { Saved, Section } from "../../experiment.ts";
import { type Case, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import { CONNECTIONS, type ServerMeasurement, type ServerTask } from "./measure.ts";

const WORTH =
  "a server on one core takes in and searches at least half as fast as the same index embedded (beyond the source)";

interface Row extends Record<"searchesPerSecond" | "p50Ms" | "p99Ms", Figure> {
  where: string;
  callers: number;
}

interface Small {
  n: number;
  adds: ({ where: string } & Record<"batched" | "single", Figure>)[];
  searches: Row[];
}

interface Result {
  cases: Case<ServerTask, ServerMeasurement>[];
}

export const section = {
  title: "Server",
  claims: [WORTH],
  command: "bun run bench server",
  condense: ({ cases }: Result): Small => ({
    n: cases[0]!.task.n,
    adds: cases.map(({ title, answers }) => ({
      where: title,
      batched: over(answers, ({ batched }) => batched),
      single: over(answers, ({ single }) => single),
    })),
    searches: cases.flatMap(({ title, answers }) =>
      CONNECTIONS.map(
        (callers, i): Row => ({
          ...{ where: title, callers },
          searchesPerSecond: over(answers, ({ searches }) => searches[i]!.perSecond),
          p50Ms: over(answers, ({ searches }) => searches[i]!.latencyMs.p50),
          p99Ms: over(answers, ({ searches }) => searches[i]!.latencyMs.p99),
        }),
      ),
    ),
  }),
  page: (small: Small & Saved) => {
    const { adds, searches } = medians(small);
    return {
      findings: [finding(adds, searches)],
      body: [
        `${whole(small.n)} points of 128 Gaussian dimensions, durable when acknowledged. The server and its client have one core each, and speak over loopback with connections that are kept; embedded, the index has both cores.`,
        table(small.adds, [
          ["where", "where"],
          ["points/s, 4 callers with batches of 100", "batched", whole],
          ["points/s, 16 callers one at a time", "single", whole],
        ]),
        table(small.searches, [
          ["where", "where"],
          ["callers", "callers", whole],
          ["searches/s", "searchesPerSecond", whole],
          ["p50 ms", "p50Ms", short],
          ["p99 ms", "p99Ms", short],
        ]),
      ],
      plots: [
        lines(
          "server-searches",
          "Searches a second by callers, over HTTP and embedded",
          searches.map(({ where, callers, searchesPerSecond }) => ({ x: callers, y: searchesPerSecond, kind: where })),
          { x: { title: "callers", log: true }, y: { title: "searches a second" }, kind: "where" },
        ),
      ],
    };
  },
} satisfies Section;

function finding(adds: Medians<Small["adds"]>, searches: Medians<Row>[]) {
  const share = (of: (where: string) => number) => of("server") / of("embedded");
  const added = share((where) => adds.find((row) => row.where === where)!.batched);
  const found = share((where) => searches.find((row) => row.where === where && row.callers === 16)!.searchesPerSecond);
  const isWorth = (one: number) => one >= 0.5;
  return {
    claim: WORTH,
    measured: `${short(added)} of the points a second in batches of 100, ${short(found)} of the searches a second with 16 callers`,
    verdict:
      isWorth(added) && isWorth(found) ? "holds" : isWorth(added) || isWorth(found) ? "holds in part" : "does not hold",
    why: "vectors travel as text, which is printed by one process and read by the other; a search of a small index is shorter than its request.",
  } as const;
}
