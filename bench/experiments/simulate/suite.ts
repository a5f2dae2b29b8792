// What would happen on machines that are not here? The simulator's experiments, with the costs that were measured.

import type { Suite } from "../../experiment.ts";
import { describeMachine } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, saveResult, times, whole } from "../../kit/results.ts";
import calibration from "../../simulator/calibration.json" with { type: "json" };
import type { Calibration } from "../../simulator/calibration.ts";
import { type BurstRow, bursts } from "./burst.ts";
import { latencies } from "./latency.ts";
import { policies } from "./policy.ts";
import { scalingRows } from "./scaling.ts";
import { sourceTest } from "./source.ts";
import { stalls } from "./stall.ts";

const MILLISECONDS = 4000;

export const simulate: Suite = {
  question: "what would happen with 2 to 64 workers? Simulated, from what calibrate measured",
  quick: ["--n", "300", "--repeats", "1"],
  peers: false,
  withoutData: true,
  run,
};

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;

async function run({ n, repeats, json }: Options): Promise<void> {
  const seconds = (n ?? MILLISECONDS) / 1e3;
  const { costs, date, machine } = calibration as unknown as Calibration;
  console.log(`simulated with the costs of ${machine.cpu}, measured ${date.slice(0, 10)}; ${seconds} s each`);
  const source = sourceTest(costs, seconds);
  tellSource(source);
  const policy = policies(costs, seconds);
  tellPolicies("threshold and fraction", policy.sweep);
  tellPolicies("other rules", policy.variations);
  const latency = latencies(costs, seconds);
  tellLatencies(latency);
  const burst = bursts(costs);
  tellBursts(burst);
  const scaling = scalingRows(costs, seconds);
  tellScaling(scaling);
  const stall = stalls(costs, seconds);
  console.log("\n8 workers at half load, one of them stalls");
  printTable(
    ["", "p50 ms", "p99 ms", "longest ms", "steals"],
    stall.map((row) => [
      row.stealing ? "stealing" : "each its own",
      ...[times(row.p50Ms), times(row.p99Ms), times(row.longestMs), whole(row.steals)],
    ]),
  );
  await saveResult("simulate", json, {
    ...{ repeats, simulated: true, seconds, calibrated: { date, machine, costs }, on: describeMachine() },
    ...{ source, policy, latency, burst, scaling, stall },
  });
}

function tellSource({ rows, equalCost, capacity }: ReturnType<typeof sourceTest>): void {
  console.log(
    `\n8 workers, 20 spaces; evenly loaded they link ${whole(capacity)}/s; last, as if all ops cost the same`,
  );
  printTable(
    ["load", "offered/s", "linked/s", "of even", "of the work", "imbalance", "of time", "steals/s", "p99 ms"],
    [...rows, ...equalCost].map((row) => [
      `${row.load}, ${row.stealing}`,
      ...[whole(row.offered), whole(row.linkedPerSecond), percent(row.ofEven), percent(row.ofWork)],
      ...[percent(row.imbalance), percent(row.busyImbalance), times(row.stealsPerSecond), times(row.latencyMs.p99)],
    ]),
  );
}

function tellBursts(rows: BurstRow[]): void {
  console.log("\n8 workers, ops that come at once: until the last is linked, and useful work of that time");
  printTable(
    ["spaces", "load", "ops", "rule", "ms", "useful"],
    rows.map((row) => [...[whole(row.spaces), row.load, whole(row.ops), row.rule, times(row.ms), percent(row.useful)]]),
  );
}

function tellPolicies(title: string, rows: ReturnType<typeof policies>["sweep"]): void {
  console.log(`\n${title}: 8 workers, 20 spaces; saturated, at 80 % load, and at 50 % with a worker that stalls`);
  printTable(
    ["rule", "load", "of even", "imbalance", "stolen ms", "p50 ms", "p99 ms", "steals/s", "stalled p99 ms"],
    rows.map((row) => [
      ...[row.rule, row.load, percent(row.throughput), percent(row.imbalance), times(row.stolenP99Ms)],
      ...[times(row.p50Ms), times(row.p99Ms)],
      ...[times(row.stealsPerSecond), times(row.stalledP99Ms)],
    ]),
  );
}

function tellLatencies(rows: ReturnType<typeof latencies>): void {
  console.log("\np99 of batches by what waited (targets 10 ms up to 100, 100 ms from 1,000), and of ops until linked");
  printTable(
    ["load", "batches", "offered", "linked/s", "low ms", "high ms", "stolen ms", "op p50 ms", "op p99 ms"],
    rows.map((row) => [
      ...[row.load, row.batches, percent(row.offered), whole(row.linkedPerSecond), times(row.lowP99Ms)],
      ...[times(row.highP99Ms), times(row.stolenP99Ms), times(row.p50Ms), times(row.p99Ms)],
    ]),
  );
}

function tellScaling({ rows, rates, bandwidth }: ReturnType<typeof scalingRows>): void {
  console.log("\nlinked/s with more offered than they can take, or 2 million a second; memory without a limit");
  printTable(
    ["spaces", "load", "workers", "linked/s", "imbalance", "steals/s", "busy"],
    rows.map((row) => [
      ...[whole(row.spaces), row.load, whole(row.workers), whole(row.linkedPerSecond), percent(row.imbalance)],
      ...[times(row.stealsPerSecond), percent(row.busy)],
    ]),
  );
  console.log("\n1,000 spaces, zipf 1.0, by adds a second");
  printTable(
    ["workers", "offered/s", "linked/s", "p50 ms", "p99 ms"],
    rates.map((row) => [
      ...[whole(row.workers), whole(row.offered), whole(row.linkedPerSecond), times(row.p50Ms), times(row.p99Ms)],
    ]),
  );
  console.log("\nlinked/s, 1,000 spaces, zipf 1.0, by what the memory moves");
  printTable(
    ["GiB/s", "workers", "linked/s"],
    bandwidth.map((row) => [whole(row.gibPerSecond), whole(row.workers), whole(row.linkedPerSecond)]),
  );
}
