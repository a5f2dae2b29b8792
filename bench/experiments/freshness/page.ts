// Is the caller held up, and how soon are adds found?

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, over } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians, sum } from "../../kit/statistics.ts";
import { percent, short, table, whole } from "../../kit/table.ts";
import { dots } from "../../report/plots.ts";
import type { ArrivalsMeasurement, ArrivalsTask } from "./arrivals.ts";
import type { FreshnessMeasurement, FreshnessTask } from "./measure.ts";

const FRESH = "an add is searchable at once, and the event loop stays free (beyond the source)";
const SOONER = "found sooner than by libraries that insert on the event loop (beyond the source)";

interface Flood {
  title: string;
  longestGapMs: Figure;
  p50Ms: Figure;
  p99Ms: Figure;
  maxMs?: Figure;
  probes: number;
  found: number;
  rate: Figure;
}

interface Arrivals {
  store: string;
  set: string;
  foundMs: { p50: Figure; p99: Figure; max: Figure };
  longestGapMs: Figure;
  blocked: Figure;
  probes: number;
  found: number;
}

interface Small {
  cases: Flood[];
  /** Vectors a second of the arrivals. */
  rate: number;
  arrivals: Arrivals[];
  /** Peers that could not be measured. */
  missing: { name: string; reason: string }[];
}

interface Result extends Pick<Small, "rate" | "missing"> {
  cases: Case<FreshnessTask, FreshnessMeasurement>[];
  arrivals: Case<ArrivalsTask, ArrivalsMeasurement>[];
}

export const section = {
  title: "Freshness",
  claims: [FRESH, SOONER],
  command: "bun run bench freshness",
  condense: ({ cases, rate, arrivals, missing }: Result): Small => ({
    ...{ rate, missing },
    cases: cases.map(({ title, answers }) => ({
      title,
      longestGapMs: over(answers, ({ longestGapMs }) => longestGapMs),
      p50Ms: over(answers, ({ searchMs }) => searchMs.p50),
      p99Ms: over(answers, ({ searchMs }) => searchMs.p99),
      maxMs: over(answers, ({ searchMs }) => searchMs.max),
      ...probesIn(answers),
      rate: over(answers, ({ insertsPerSecond }) => insertsPerSecond),
    })),
    arrivals: arrivals.map(({ task, answers }) => {
      const waits = answers.map(({ foundMs }) => foundMs);
      return {
        ...{ store: task.store, set: task.set, foundMs: figures(waits, "p50", "p99", "max") },
        ...{ ...figures(answers, "longestGapMs", "blocked"), ...probesIn(answers) },
      };
    }),
  }),
  page: (small: Small & Saved) => ({
    findings: [fresh(medians(small)), sooner(medians(small))],
    body: [
      "One `addMany` of everything, one worker:",
      table(small.cases, [
        ["set", "title"],
        ["longest gap ms", "longestGapMs", short],
        ["search p50 ms", "p50Ms", short],
        ["p99 ms", "p99Ms", short],
        ["longest ms", "maxMs", short, "detail"],
        ["inserts/s", "rate", whole],
        ["found at once", ({ found, probes }) => `${found} of ${probes}`],
      ]),
      `${whole(small.rate)} vectors a second in requests of many, for each library in the same way, with as many threads as cores. Between them come single vectors that are searched for until they are found: the time counts from the moment that one is due, even when the event loop is held up then. Blocked: the share of the time in gaps of more than 10 ms.${small.missing.map(({ name, reason }) => ` Without ${name}: ${reason}.`).join("")}`,
      table(small.arrivals, [
        ["library, set", ({ store, set }) => `${store}, ${set}`],
        ["found after p50 ms", ({ foundMs }) => foundMs.p50, short],
        ["p99 ms", ({ foundMs }) => foundMs.p99, short],
        ["longest ms", ({ foundMs }) => foundMs.max, short],
        ["longest gap ms", "longestGapMs", short],
        ["blocked", "blocked", percent],
        ["found", ({ found, probes }) => `${found} of ${probes}`],
      ]),
    ],
    plots: plots(medians(small)),
  }),
} satisfies Section;

function probesIn(answers: { probes: number; found: number }[]) {
  return { probes: sum(answers.map(({ probes }) => probes)), found: sum(answers.map(({ found }) => found)) };
}

function plots({ rate, arrivals }: Medians<Small>): Plot[] {
  const sets = [...new Set(arrivals.map(({ set }) => set))];
  return sets.map((set) => {
    const points = arrivals
      .filter((row) => row.set === set)
      .flatMap(({ store: kind, foundMs, longestGapMs }) => [
        { thing: "found after, p50", value: foundMs.p50, kind },
        { thing: "found after, p99", value: foundMs.p99, kind },
        { thing: "longest gap of the event loop", value: longestGapMs, kind },
      ]);
    const axes = { value: { title: "milliseconds", log: true }, kind: "library" };
    const alt = `From an add until it is found, and the event loop's longest gap, ${whole(rate)} adds a second, ${set}`;
    return dots(`freshness-${set}`, alt, points, axes);
  });
}

function fresh({ cases }: Medians<Small>): Finding {
  const worstGap = Math.max(...cases.map(({ longestGapMs }) => longestGapMs));
  const all = cases.every(({ probes, found }) => probes === found);
  return {
    claim: FRESH,
    measured: `${all ? "every add" : "not every add"} found by the next search; longest gap of the event loop ${short(worstGap)} ms`,
    verdict: all && worstGap < 50 ? "holds" : "holds in part",
    why: "",
  };
}

function sooner({ arrivals, rate }: Medians<Small>): Finding {
  const { set } = arrivals[0]!;
  const rows = arrivals.filter((row) => row.set === set);
  const ours = rows.find(({ store }) => store === "ours")!;
  const peers = rows.filter((row) => row !== ours);
  const each = rows.map(
    ({ store, foundMs, longestGapMs }) =>
      `${store} after ${short(foundMs.p50)} ms (p99 ${short(foundMs.p99)}), longest gap ${short(longestGapMs)} ms`,
  );
  const better = peers.every(
    ({ foundMs, longestGapMs }) => ours.foundMs.p99 < foundMs.p99 && ours.longestGapMs < longestGapMs,
  );
  return {
    claim: SOONER,
    measured: `${whole(rate)} adds a second: ${each.join("; ")}`,
    verdict: peers.length === 0 ? "cannot be judged here" : better ? "holds" : "holds in part",
    why: "",
  };
}
