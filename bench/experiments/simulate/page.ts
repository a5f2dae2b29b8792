// What would happen with 2 to 64 workers? From `simulate`: nothing here was measured on such a machine.

import type { Block, Plot, Saved, Section } from "../../experiment.ts";
import { percent, short, table, whole } from "../../kit/table.ts";
import { lines } from "../../report/plots.ts";
import { findings, type Small } from "./findings.ts";

const POLICY_REMARK = `What paid: a lower threshold, since ops wait in proportion to it; at most 20 ms of work in a steal, since what a thief has
taken cannot be stolen again; and a thief that finds much wakes the next one. The source's rule is
\`stealing: { threshold: 1000, latencyMs: 60_000 }\`. What did not pay: choosing victims by how long their queue will take
instead of by its ops, which does what a lower threshold does. Not in the simulation: what a core's caches lose when a
space changes workers, which [Locality](#locality) measures.`;

export const section = {
  title: "Simulation",
  simulated: true,
  claims: ["100,000/s over 20 skewed spaces on 8 workers, imbalance below 6 %, 4 steals a second"],
  command: "bun run bench simulate --n 2000",
  condense: (result: Small): Small => {
    const { seconds, calibrated, source, policy, latency, burst, scaling, stall } = renamed(result);
    const { date, machine, costs } = calibrated;
    return { seconds, calibrated: { date, machine, costs }, source, policy, latency, burst, scaling, stall };
  },
  page: (small: Small & Saved) => ({ findings: findings(small), body: body(small), plots: plots(small) }),
} satisfies Section;

/** Results from before December 2026 call the source "the thread". */
function renamed(result: Small): Small {
  return JSON.parse(
    JSON.stringify(result).replaceAll("the thread's", "the source's").replace('"thread":', '"source":'),
  );
}

function body(small: Small): Block[] {
  const { seconds, calibrated, source, policy } = small;
  return [
    `Costs from ${calibrated.machine.cpu}, ${calibrated.date.slice(0, 10)}; ${short(seconds)} s of virtual time each, as many cores as threads.`,
    "The source's test, and the same saturated: 8 workers, 20 spaces. Of the work: the same ops perfectly spread, each at what it costs a worker that is alone. Last, saturated, as if all ops cost the same.",
    table(
      [...source.rows, ...source.equalCost.map((row) => ({ ...row, stealing: "equal cost" }))],
      [
        ["load", ({ load, stealing }) => `${load}, ${stealing}`],
        ["offered/s", "offered", whole],
        ["linked/s", "linkedPerSecond", whole],
        ["of even", "ofEven", percent],
        ["of the work", "ofWork", percent],
        ["imbalance", "imbalance", percent],
        ["of time", "busyImbalance", percent],
        ["steals/s", "stealsPerSecond", short],
        ["op p99 ms", ({ latencyMs }) => latencyMs.p99, short],
      ],
    ),
    "Other thresholds, fractions and rules: throughput saturated, latency at 80 % of that, and at 50 % with one worker that stalls.",
    POLICY_REMARK,
    table(
      [...policy.sweep, ...policy.variations],
      [
        ["rule", "rule"],
        ["load", "load"],
        ["of even", "throughput", percent],
        ["imbalance", "imbalance", percent],
        ["stolen ms", "stolenP99Ms", short],
        ["op p50 ms", "p50Ms", short],
        ["op p99 ms", "p99Ms", short],
        ["steals/s", "stealsPerSecond", short],
        ["stalled p99 ms", "stalledP99Ms", short],
      ],
    ),
    ...byLoad(small),
  ];
}

function byLoad({ latency, burst, scaling }: Small): Block[] {
  return [
    "Batches and latency by load: p99 of batches from claim to last op, and of ops from accepted to linked.",
    table(latency, [
      ["load", "load"],
      ["batches", "batches"],
      ["offered", "offered", percent],
      ["linked/s", "linkedPerSecond", whole],
      ["low ms", "lowP99Ms", short],
      ["high ms", "highP99Ms", short],
      ["stolen ms", "stolenP99Ms", short],
      ["op p50 ms", "p50Ms", short],
      ["op p99 ms", "p99Ms", short],
    ]),
    "Ops that come at once, 8 workers: until the last is linked, and what of that time is the ops' own work.",
    table(burst, [
      ["rule", "rule"],
      ["spaces", "spaces", whole],
      ["load", "load"],
      ["ops", "ops", whole],
      ["ms", "ms", short],
      ["work", "useful", percent],
    ]),
    "1,000 spaces, Zipf 1.0, by adds a second.",
    table(scaling.rates, [
      ["workers", "workers", whole],
      ["offered/s", "offered", whole],
      ["linked/s", "linkedPerSecond", whole],
      ["op p50 ms", "p50Ms", short],
      ["op p99 ms", "p99Ms", short],
    ]),
    "Scaling with more offered than the workers can take, up to 2 million adds a second.",
    table(
      scaling.rows.filter(({ workers }) => [1, 8, 64].includes(workers)),
      [
        ["spaces", "spaces", whole],
        ["load", "load"],
        ["workers", "workers", whole],
        ["linked/s", "linkedPerSecond", whole],
        ["imbalance", "imbalance", percent],
        ["steals/s", "stealsPerSecond", short],
        ["busy", "busy", percent],
      ],
    ),
  ];
}

function plots({ scaling, latency, policy, stall, source }: Small): Plot[] {
  const zipf = scaling.rows.filter(({ load, spaces }) => spaces === 1 || load === "zipf 1.0");
  const swept = policy.sweep.filter(({ fraction }) => fraction === 0.5);
  return [
    lines(
      "simulate-scaling",
      "Simulated: inserts a second by workers and spaces, Zipf 1.0",
      zipf.map((row) => ({ x: row.workers, y: row.linkedPerSecond, kind: `${whole(row.spaces)}` })),
      { x: { title: "workers" }, y: { title: "linked a second" }, kind: "spaces" },
    ),
    lines(
      "simulate-bandwidth",
      "Simulated: inserts a second by workers and memory bandwidth",
      scaling.bandwidth.map((row) => ({ x: row.workers, y: row.linkedPerSecond, kind: `${row.gibPerSecond}` })),
      { x: { title: "workers" }, y: { title: "linked a second" }, kind: "GiB/s" },
    ),
    lines(
      "simulate-latency",
      "Simulated: from accepted to linked, p99, by load and batches (Zipf 1.5)",
      latency
        .filter(({ load, p99Ms }) => load !== "even" && p99Ms > 0)
        .map((row) => ({ x: row.perSecond, y: row.p99Ms, kind: row.batches })),
      { x: { title: "adds a second" }, y: { title: "milliseconds", log: true }, kind: "batches" },
    ),
    lines(
      "simulate-threshold",
      "Simulated: from accepted to linked, p99, by the threshold of stealing, at 80 % load",
      swept
        .filter(({ threshold }) => threshold !== 0)
        .map((row) => ({ x: row.threshold!, y: row.p99Ms, kind: row.load })),
      { x: { title: "threshold", log: true }, y: { title: "milliseconds", log: true }, kind: "load" },
    ),
    lines(
      "simulate-stall",
      "Simulated: ops waiting for a worker that stalls",
      stall.flatMap((row) =>
        row.samples.map(({ ms, stalled }) => ({ x: ms, y: stalled, kind: row.stealing ? "stealing" : "each its own" })),
      ),
      { x: { title: "milliseconds" }, y: { title: "ops waiting" }, kind: "policy" },
    ),
    lines(
      "simulate-skew",
      "Simulated: linked a second of 100,000 offered, by load (8 workers, 20 spaces)",
      source.rows
        .filter(({ offered }) => offered === Math.min(...source.rows.map((row) => row.offered)))
        .map((row) => ({
          x: exponentOf(row.load),
          y: row.linkedPerSecond,
          kind: row.stealing,
        }))
        .filter(({ x }) => !Number.isNaN(x)),
      { x: { title: "Zipf exponent" }, y: { title: "linked a second" }, kind: "policy" },
    ),
  ];
}

function exponentOf(load: string): number {
  return load === "even" ? 0 : Number(load.replace("zipf ", ""));
}
