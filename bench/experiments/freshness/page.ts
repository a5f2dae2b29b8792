// Is the caller held up, and how soon are adds found? From the suite of that name.

import type { Finding, Plot, Saved, Section } from "../../experiment.ts";
import { type Case, over } from "../../kit/rounds.ts";
import { sum } from "../../kit/statistics.ts";
import { percent, short, table, whole } from "../../report/markdown.ts";
import { dots } from "../../report/plots.ts";
import type { ArrivalsMeasurement, ArrivalsTask } from "./arrivals.ts";
import type { FreshnessMeasurement, FreshnessTask } from "./measure.ts";

const FRESH = "an add is searchable at once, and the event loop stays free (beyond the thread)";
const SOONER = "found sooner than by libraries that insert on the event loop (beyond the thread)";

interface Flood {
  title: string;
  longestGapMs: number;
  p50Ms: number;
  p99Ms: number;
  probes: number;
  found: number;
  rate: number;
}

interface Arrivals {
  store: string;
  set: string;
  foundMs: ArrivalsMeasurement["foundMs"];
  longestGapMs: number;
  blocked: number;
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

export const freshness: Section<Small> = {
  suite: "freshness",
  title: "Freshness",
  claims: [FRESH, SOONER],
  command: "bun run bench freshness",
  condense: ({ cases, rate, arrivals, missing }: Result) => ({
    ...{ rate, missing },
    cases: cases.map(({ title, answers }) => ({
      title,
      longestGapMs: over(answers, ({ longestGapMs }) => longestGapMs).median,
      p50Ms: over(answers, ({ searchMs }) => searchMs.p50).median,
      p99Ms: over(answers, ({ searchMs }) => searchMs.p99).median,
      probes: sum(answers.map(({ probes }) => probes)),
      found: sum(answers.map(({ found }) => found)),
      rate: over(answers, ({ insertsPerSecond }) => insertsPerSecond).median,
    })),
    arrivals: arrivals.map(({ task, answers }) => ({
      ...{ store: task.store, set: task.set },
      foundMs: {
        p50: over(answers, ({ foundMs }) => foundMs.p50).median,
        p99: over(answers, ({ foundMs }) => foundMs.p99).median,
        max: over(answers, ({ foundMs }) => foundMs.max).median,
      },
      longestGapMs: over(answers, ({ longestGapMs }) => longestGapMs).median,
      blocked: over(answers, ({ blocked }) => blocked).median,
      probes: sum(answers.map(({ probes }) => probes)),
      found: sum(answers.map(({ found }) => found)),
    })),
  }),
  page: (small: Small & Saved) => ({
    findings: [fresh(small), sooner(small)],
    text: [
      "One `addMany` of everything, one worker:",
      table(
        ["set", "longest gap ms", "search p50 ms", "p99 ms", "inserts/s", "found at once"],
        small.cases.map((row) => [
          ...[row.title, short(row.longestGapMs), short(row.p50Ms), short(row.p99Ms), whole(row.rate)],
          `${row.found} of ${row.probes}`,
        ]),
      ),
      `${whole(small.rate)} vectors a second in requests of many, for each library in the same way, with as many threads as cores. Between them come single vectors that are searched for until they are found: the time counts from when one comes, though the event loop may be held up then. Blocked: the share of the time in gaps of more than 10 ms.${small.missing.map(({ name, reason }) => ` Without ${name}: ${reason}.`).join("")}`,
      table(
        ["library, set", "found after p50 ms", "p99 ms", "longest ms", "longest gap ms", "blocked", "found"],
        small.arrivals.map((row) => [
          ...[`${row.store}, ${row.set}`, short(row.foundMs.p50), short(row.foundMs.p99), short(row.foundMs.max)],
          ...[short(row.longestGapMs), percent(row.blocked), `${row.found} of ${row.probes}`],
        ]),
      ),
    ].join("\n\n"),
    plots: plots(small),
  }),
};

function plots({ rate, arrivals }: Small): Plot[] {
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

function fresh({ cases }: Small): Finding {
  const worstGap = Math.max(...cases.map(({ longestGapMs }) => longestGapMs));
  const all = cases.every(({ probes, found }) => probes === found);
  return {
    claim: FRESH,
    measured: `${all ? "every add" : "not every add"} found by the next search; longest gap of the event loop ${short(worstGap)} ms`,
    verdict: all && worstGap < 50 ? "holds" : "holds in part",
    why: "",
  };
}

function sooner({ arrivals, rate }: Small): Finding {
  const { set } = arrivals[0]!;
  const rows = arrivals.filter((row) => row.set === set);
  const ours = rows.find(({ store }) => store === "ours")!;
  const peers = rows.filter((row) => row !== ours);
  const told = rows.map(
    ({ store, foundMs, longestGapMs }) =>
      `${store} after ${short(foundMs.p50)} ms (p99 ${short(foundMs.p99)}), longest gap ${short(longestGapMs)} ms`,
  );
  const better = peers.every(
    ({ foundMs, longestGapMs }) => ours.foundMs.p99 < foundMs.p99 && ours.longestGapMs < longestGapMs,
  );
  return {
    claim: SOONER,
    measured: `${whole(rate)} adds a second: ${told.join("; ")}`,
    verdict: peers.length === 0 ? "cannot be told here" : better ? "holds" : "holds in part",
    why: "",
  };
}
