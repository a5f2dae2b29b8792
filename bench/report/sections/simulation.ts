// What would happen with 2 to 64 workers? From `simulate`: nothing here was measured on such a machine.

import type { Calibration } from "../../simulator/calibration.ts";
import type { LatencyRow } from "../../simulator/experiments/latency.ts";
import type { PolicyRow } from "../../simulator/experiments/policy.ts";
import type { BandwidthRow, ScalingRow } from "../../simulator/experiments/scaling.ts";
import type { StallRow } from "../../simulator/experiments/stall.ts";
import type { ThreadRow } from "../../simulator/experiments/thread.ts";
import { percent, short, table, whole } from "../markdown.ts";
import { lines } from "../plots.ts";
import type { Finding, Plot, Saved, Section } from "../section.ts";

const LOW_TARGET_MS = 10;
const HIGH_TARGET_MS = 100;

const POLICY_REMARK = `What paid: a lower threshold. Throughput and imbalance stay, and ops wait in proportion to it; our default is 250, where a
steal is about one slice of work, and \`stealing: { threshold: 1000 }\` is the thread's rule. What did not pay: a cap on a
steal, and victims by the time that their queue will take instead of its ops, which do what a lower threshold does.
Not in the simulation: what a core's caches lose when a space changes workers, which [Locality](#locality) measures.`;

interface Small {
  seconds: number;
  calibrated: Pick<Calibration, "date" | "machine" | "costs">;
  thread: { rows: ThreadRow[]; capacity: number };
  policy: { sweep: PolicyRow[]; variations: PolicyRow[] };
  latency: LatencyRow[];
  scaling: { rows: ScalingRow[]; bandwidth: BandwidthRow[] };
  stall: StallRow[];
}

export const simulation: Section<Small> = {
  suite: "simulate",
  title: "Simulation",
  simulated: true,
  claims: ["100,000/s over 20 skewed spaces on 8 workers, imbalance below 6 %, 4 steals a second"],
  command: "bun run bench simulate",
  condense: ({ seconds, calibrated, thread, policy, latency, scaling, stall }: Small) => {
    const { date, machine, costs } = calibrated;
    return { seconds, calibrated: { date, machine, costs }, thread, policy, latency, scaling, stall };
  },
  page: (small: Small & Saved) => ({ findings: findings(small), text: text(small), plots: plots(small) }),
};

function findings({ thread, latency, scaling }: Small): Finding[] {
  const offered = Math.min(...thread.rows.map((row) => row.offered));
  const stealing = thread.rows.filter((row) => row.stealing === "stealing above 1,000");
  const atRate = stealing.filter((row) => row.offered === offered && row.load !== "even");
  const full = stealing.filter((row) => row.offered !== offered && row.load !== "even");
  const own = thread.rows.filter(
    (row) => row.stealing === "each its own" && row.offered === offered && row.load !== "even",
  );
  const sustained = atRate.filter((row) => row.linkedPerSecond >= 0.98 * offered);
  const most = (rows: ThreadRow[], figure: (row: ThreadRow) => number) => Math.max(...rows.map(figure));
  const least = (rows: ThreadRow[], figure: (row: ThreadRow) => number) => Math.min(...rows.map(figure));
  const fullImbalance = most(full, (row) => row.imbalance);
  const busyImbalance = most(full, (row) => row.busyImbalance);
  const adaptive = latency.filter(({ batches }) => batches === "adaptive");
  const low = Math.max(...adaptive.map(({ lowP99Ms }) => lowP99Ms));
  const high = Math.max(...adaptive.map(({ highP99Ms }) => highP99Ms));
  const eight = scaling.rows.find((row) => row.workers === 8 && row.spaces === 1000 && row.load === "zipf 1.0");
  const one = scaling.rows.find((row) => row.workers === 1 && row.spaces === 1000 && row.load === "zipf 1.0");
  const times = eight && one ? eight.linkedPerSecond / one.linkedPerSecond : 0;
  const loads = (rows: ThreadRow[]) => rows.map(({ load }) => load).join(", ");
  return [
    {
      claim: "100,000/s over 20 skewed spaces on 8 workers",
      measured: `sustained with ${sustained.length === 0 ? "no" : loads(sustained)} load; without stealing ${whole(least(own, (row) => row.linkedPerSecond))}/s at worst`,
      verdict: sustained.length === atRate.length ? "holds" : sustained.length > 0 ? "holds in part" : "does not hold",
      why: `evenly loaded the eight link ${whole(thread.capacity)}/s.`,
    },
    {
      claim: "59,000 of 100,000/s without stealing",
      measured: own.map(({ load, linkedPerSecond }) => `${load}: ${whole(linkedPerSecond)}/s`).join("; "),
      verdict: own.some(({ linkedPerSecond }) => linkedPerSecond < 0.9 * offered) ? "holds" : "does not hold",
      why: "how much is lost depends on how the names of the spaces fall; medians of seven draws.",
    },
    {
      claim: "imbalance below 6 % with stealing",
      measured: `saturated: ${percent(fullImbalance)} of the ops and ${percent(busyImbalance)} of the working time at most; at 100,000/s ${percent(most(atRate, (row) => row.imbalance))} of the ops`,
      verdict: fullImbalance < 0.06 ? "holds" : busyImbalance < 0.06 ? "holds in part" : "does not hold",
      why: "saturated, every worker is busy, but an op into a large or shared space costs more than one into a small space, so equal time is not equal ops; below saturation nobody steals from a queue under the threshold, and need not.",
    },
    {
      claim: "about 4 steals a second",
      measured: `${short(least(atRate, (row) => row.stealsPerSecond))} to ${short(most(atRate, (row) => row.stealsPerSecond))} a second at 100,000/s`,
      verdict: most(atRate, (row) => row.stealsPerSecond) <= 8 ? "holds" : "does not hold",
      why: "a steal is half of a queue just above 1,000, a few hundred ops; whoever carries a tenth of 100,000/s by stealing steals tens of times a second.",
    },
    {
      claim: "adaptive batches within 10 ms at low load, 100 ms at high load",
      measured: `p99 of own batches: ${short(low)} ms with up to 100 waiting, ${short(high)} ms with 1,000 or more`,
      verdict: low <= LOW_TARGET_MS && high <= HIGH_TARGET_MS ? "holds" : "holds in part",
      why: "a batch, from claim to last op. How long an op waits before it is claimed is another figure: see the table.",
    },
    {
      claim: "partitioned: 7.8 times on 8 cores",
      measured: `${short(times)} times one worker, 1,000 spaces, Zipf 1.0`,
      verdict: times >= 7 ? "holds" : "holds in part",
      why: "all were busy; eight fill the spaces faster than one in the same time, and an op into a larger space costs more. Each further worker is taken to slow all by what a second one did here; memory bandwidth is assumed, below.",
    },
  ];
}

function text({ seconds, calibrated, thread, policy, latency, scaling, stall }: Small): string {
  return [
    `Costs from ${calibrated.machine.cpu}, ${calibrated.date.slice(0, 10)}; ${short(seconds)} s of virtual time each, as many cores as threads.`,
    "The thread's test, and the same saturated: 8 workers, 20 spaces.",
    table(
      ["load", "offered/s", "linked/s", "of even", "imbalance", "of time", "least busy", "steals/s", "op p99 ms"],
      thread.rows.map((row) => [
        `${row.load}, ${row.stealing}`,
        ...[whole(row.offered), whole(row.linkedPerSecond), percent(row.ofEven), percent(row.imbalance)],
        ...[percent(row.busyImbalance), percent(row.leastBusy), short(row.stealsPerSecond), short(row.latencyMs.p99)],
      ]),
    ),
    "Other thresholds, fractions and rules: throughput saturated, latency at 80 % of that, and at 50 % with one worker that stalls.",
    POLICY_REMARK,
    table(
      ["rule", "load", "of even", "imbalance", "op p50 ms", "op p99 ms", "steals/s", "stalled p99 ms"],
      [...policy.sweep, ...policy.variations].map((row) => [
        ...[row.rule, row.load, percent(row.throughput), percent(row.imbalance), short(row.p50Ms), short(row.p99Ms)],
        ...[short(row.stealsPerSecond), short(row.stalledP99Ms)],
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
    `A worker that stalls, eight at half load: op p99 ${stall.map((row) => `${short(row.p99Ms)} ms ${row.stealing ? "with" : "without"} stealing`).join(", ")}.`,
    `Scaling with at most 2 million adds a second. ${memoryText(scaling.bandwidth, calibrated)}`,
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

function memoryText(bandwidth: BandwidthRow[], { costs }: Small["calibrated"]): string {
  const ends = [...new Set(bandwidth.map(({ gibPerSecond }) => gibPerSecond))].map((gibPerSecond) => {
    const rows = bandwidth.filter((row) => row.gibPerSecond === gibPerSecond);
    const top = Math.max(...rows.map(({ linkedPerSecond }) => linkedPerSecond));
    const enough = rows.find(({ linkedPerSecond }) => linkedPerSecond >= 0.95 * top);
    return `${gibPerSecond} GiB/s at ${enough?.workers ?? 0} workers (${whole(top)}/s)`;
  });
  return `If an op moves ${short(costs.memory?.kibPerOp ?? 0)} KiB to and from memory (assumed from what it touches, not measured), memory ends the scaling of 1,000 spaces here: ${ends.join(", ")}.`;
}

function plots({ scaling, latency, policy, stall, thread }: Small): Plot[] {
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
      thread.rows
        .filter(({ offered }) => offered === Math.min(...thread.rows.map((row) => row.offered)))
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
