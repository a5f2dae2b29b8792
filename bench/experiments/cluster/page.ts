// What does an index on several machines take in and find, and how long does a member take to join?

import type { Finding, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import { CALLERS, type JoinMeasurement, type JoinTask, type LoadMeasurement, type LoadTask } from "./measure.ts";

const WORTH =
  "ops that come at once share messages, so that a load is at least ten times as fast as one op at a time (beyond the source)";

interface Written extends Record<"perSecond" | "p50Ms" | "p99Ms" | "opsOfAMessage", Figure> {
  replicas: number;
  members: number;
  callers: number;
}

interface Read extends Record<"searchesPerSecond" | "searchP50Ms" | "searchP99Ms" | "latestP50Ms" | "lagMs", Figure> {
  title: string;
  members: number;
}

interface Small {
  missing: string;
  /** Ops with most callers, and vectors that a member takes over. */
  n: number;
  joined: number;
  writes: Written[];
  reads: Read[];
  joins: ({ title: string } & Record<keyof JoinMeasurement, Figure>)[];
}

interface Result {
  missing: string;
  loads: Case<LoadTask, LoadMeasurement>[];
  joins: Case<JoinTask, JoinMeasurement>[];
}

export const section = {
  title: "Cluster",
  claims: [WORTH],
  command: "bun run bench cluster",
  condense: ({ missing, loads, joins }: Result): Small => ({
    ...{ missing, n: loads[0]?.task.n ?? 0, joined: joins[0]?.task.n ?? 0 },
    writes: loads.flatMap(({ task: { replicas, members }, answers }) =>
      CALLERS.map(
        (callers, i): Written => ({
          ...{ replicas, members, callers },
          perSecond: over(answers, ({ writes }) => writes[i]!.perSecond),
          p50Ms: over(answers, ({ writes }) => writes[i]!.latencyMs.p50),
          p99Ms: over(answers, ({ writes }) => writes[i]!.latencyMs.p99),
          opsOfAMessage: over(answers, ({ writes }) => writes[i]!.opsOfAMessage),
        }),
      ),
    ),
    reads: loads.map(({ title, task: { members }, answers }) => ({
      ...{ title, members },
      searchesPerSecond: over(answers, ({ searchesPerSecond }) => searchesPerSecond),
      searchP50Ms: over(answers, ({ searchMs }) => searchMs.p50),
      searchP99Ms: over(answers, ({ searchMs }) => searchMs.p99),
      latestP50Ms: over(answers, ({ latestMs }) => latestMs.p50),
      lagMs: over(answers, ({ lagMs }) => lagMs),
    })),
    joins: joins.map(({ title, answers }) => ({
      title,
      ...figures(answers, "fillMs", "fromLogMs", "snapshotMs", "fromSnapshotMs"),
    })),
  }),
  page: (small: Small & Saved) => {
    if (small.missing !== "") {
      const finding = {
        claim: WORTH,
        measured: "nothing",
        verdict: "cannot be judged here",
        why: small.missing,
      } as const;
      return { findings: [finding], body: [`Nothing was measured: ${small.missing}.`], plots: [] };
    }
    const { writes } = medians(small);
    return {
      findings: [finding(writes)],
      body: [
        "Servers, members and what measures them are processes that share the cores of one machine, so more of them are no faster here; messages are on the disks of a majority when they are acknowledged (`sync_interval: always`). 128 Gaussian dimensions; each member writes a space of its own, with so many calls under way. Ops that come while a message is under way share the next.",
        table(small.writes, [
          ["servers", "replicas", whole],
          ["members", "members", whole],
          ["callers of each", "callers", whole],
          ["ops/s", "perSecond", whole],
          ["p50 ms", "p50Ms", short],
          ["p99 ms", "p99Ms", short],
          ["ops a message", "opsOfAMessage", short],
        ]),
        'Searches by all members at once, one caller each. Latest: a search with `freshness: "latest"`, which takes a message of the log. Lag: from the acknowledgement at one member until another has applied it, at most, in the median of 50, while the first has 16 callers that write.',
        table(small.reads, [
          ["", "title"],
          ["searches/s", "searchesPerSecond", whole],
          ["p50 ms", "searchP50Ms", short],
          ["p99 ms", "searchP99Ms", short],
          ["latest p50 ms", "latestP50Ms", short],
          [
            "lag ms",
            ({ members, lagMs }) => (members === 1 ? "" : short(typeof lagMs === "number" ? lagMs : lagMs.median)),
          ],
        ]),
        `A member that joins a cluster of ${whole(small.joined)} vectors, until it has them all; its graph is linked afterwards where they come from the log.`,
        table(small.joins, [
          ["", "title"],
          ["`addMany` ms", "fillMs", whole],
          ["joined from the log ms", "fromLogMs", whole],
          ["snapshot taken ms", "snapshotMs", whole],
          ["joined from it ms", "fromSnapshotMs", whole],
        ]),
      ],
      plots: [
        lines(
          "cluster-writes",
          "Ops a second by callers of each member, by servers and members",
          writes.map(({ replicas, members, callers, perSecond }) => {
            return { x: callers, y: perSecond, kind: `${replicas === 1 ? "1 server" : "3 servers"}, ${members}` };
          }),
          {
            x: { title: "callers of each member", log: true },
            y: { title: "ops a second", log: true },
            kind: "members",
          },
        ),
      ],
    };
  },
} satisfies Section;

function finding(writes: Medians<Written>[]): Finding {
  const [one, most] = [CALLERS[0], CALLERS.at(-1)!];
  const rate = (callers: number) => {
    return writes.find((row) => row.replicas === 3 && row.members === 1 && row.callers === callers)!.perSecond;
  };
  const times = rate(most) / rate(one);
  return {
    claim: WORTH,
    measured: `three servers, one member: ${whole(rate(one))} ops/s one at a time, ${whole(rate(most))} with ${most} callers`,
    verdict: times >= 10 ? "holds" : times >= 3 ? "holds in part" : "does not hold",
    why: "",
  };
}
