// What would happen with 2 to 64 workers? From `simulate`: nothing here was measured on such a machine.

import type { Plot, Saved, Section } from "../../experiment.ts";
import { percent, short, table, whole } from "../../report/markdown.ts";
import { lines } from "../../report/plots.ts";
import { findings, type Small } from "./findings.ts";

const POLICY_REMARK = `What paid: a lower threshold, for which ops wait in proportion; at most 20 ms of work in a steal, since nobody can steal
from a thief; and a thief that finds much wakes the next one. \`stealing: { threshold: 1000, latencyMs: 60_000 }\` is the
source's rule. What did not pay: victims by the time that their queue will take instead of its ops, which does what a
lower threshold does. Not in the simulation: what a core's caches lose when a space changes workers, which
[Locality](#locality) measures.`;

export const simulation: Section<Small> = {
  suite: "simulate",
  title: "Simulation",
  simulated: true,
  claims: ["100,000/s over 20 skewed spaces on 8 workers, imbalance below 6 %, 4 steals a second"],
  command: "bun run bench simulate --n 2000",
  condense: (result: Small) => {
    const { seconds, calibrated, source, policy, latency, burst, scaling, stall } = renamed(result);
    const { date, machine, costs } = calibrated;
    return { seconds, calibrated: { date, machine, costs }, source, policy, latency, burst, scaling, stall };
  },
  page: (small: Small & Saved) => ({ findings: findings(small), text: text(small), plots: plots(small) }),
};

/** Results from before December 2026 call the source "the thread". */
function renamed(result: Small): Small {
  return JSON.parse(
    JSON.stringify(result).replaceAll("the thread's", "the source's").replace('"thread":', '"source":'),
  );
}

function text({ seconds, calibrated, source, policy, latency, burst, scaling }: Small): string {
  return [
    `Costs from ${calibrated.machine.cpu}, ${calibrated.date.slice(0, 10)}; ${short(seconds)} s of virtual time each, as many cores as threads.`,
    "The source's test, and the same saturated: 8 workers, 20 spaces. Of the work: the same ops perfectly spread, each at what it costs a worker that is alone. Last, saturated, as if all ops cost the same.",
    table(
      ["load", "offered/s", "linked/s", "of even", "of the work", "imbalance", "of time", "steals/s", "op p99 ms"],
      [...source.rows, ...source.equalCost.map((row) => ({ ...row, stealing: "equal cost" }))].map((row) => [
        `${row.load}, ${row.stealing}`,
        ...[whole(row.offered), whole(row.linkedPerSecond), percent(row.ofEven), percent(row.ofWork)],
        ...[percent(row.imbalance), percent(row.busyImbalance), short(row.stealsPerSecond), short(row.latencyMs.p99)],
      ]),
    ),
    "Other thresholds, fractions and rules: throughput saturated, latency at 80 % of that, and at 50 % with one worker that stalls.",
    POLICY_REMARK,
    table(
      ["rule", "load", "of even", "imbalance", "stolen ms", "op p50 ms", "op p99 ms", "steals/s", "stalled p99 ms"],
      [...policy.sweep, ...policy.variations].map((row) => [
        ...[row.rule, row.load, percent(row.throughput), percent(row.imbalance), short(row.stolenP99Ms)],
        ...[short(row.p50Ms), short(row.p99Ms), short(row.stealsPerSecond), short(row.stalledP99Ms)],
      ]),
    ),
    "Batches and latency by load: p99 of batches from claim to last op, and of ops from accepted to linked.",
    table(
      ["load", "batches", "offered", "linked/s", "low ms", "high ms", "stolen ms", "op p50 ms", "op p99 ms"],
      latency.map((row) => [
        ...[row.load, row.batches, percent(row.offered), whole(row.linkedPerSecond), short(row.lowP99Ms)],
        ...[short(row.highP99Ms), short(row.stolenP99Ms), short(row.p50Ms), short(row.p99Ms)],
      ]),
    ),
    "Ops that come at once, 8 workers: until the last is linked, and what of that time is the ops' own work.",
    table(
      ["rule", "spaces", "load", "ops", "ms", "work"],
      burst.map((row) => [
        ...[row.rule, whole(row.spaces), row.load, whole(row.ops), short(row.ms), percent(row.useful)],
      ]),
    ),
    "1,000 spaces, Zipf 1.0, by adds a second.",
    table(
      ["workers", "offered/s", "linked/s", "op p50 ms", "op p99 ms"],
      scaling.rates.map((row) => [
        ...[whole(row.workers), whole(row.offered), whole(row.linkedPerSecond), short(row.p50Ms), short(row.p99Ms)],
      ]),
    ),
    "Scaling with more offered than the workers can take, up to 2 million adds a second.",
    table(
      ["spaces", "load", "workers", "linked/s", "imbalance", "steals/s", "busy"],
      scaling.rows
        .filter(({ workers }) => [1, 8, 64].includes(workers))
        .map((row) => [
          ...[whole(row.spaces), row.load, whole(row.workers), whole(row.linkedPerSecond), percent(row.imbalance)],
          ...[short(row.stealsPerSecond), percent(row.busy)],
        ]),
    ),
  ].join("\n\n");
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
