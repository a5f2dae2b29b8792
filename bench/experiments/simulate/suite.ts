// What would happen on machines that are not here? Simulations with the costs that were measured on this one.

import type { Experiment } from "../../experiment.ts";
import { describeMachine } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import calibration from "../../simulator/calibration.json" with { type: "json" };
import type { Calibration } from "../../simulator/calibration.ts";
import { bursts } from "./burst.ts";
import { latencies } from "./latency.ts";
import { section } from "./page.ts";
import { policies } from "./policy.ts";
import { scalingRows } from "./scaling.ts";
import { sourceTest } from "./source.ts";
import { stalls } from "./stall.ts";

const MILLISECONDS = 4000;

export const simulate: Experiment = {
  ...section,
  question: "what would happen with 2 to 64 workers? Simulated, from what calibrate measured",
  quick: ["--n", "300", "--repeats", "1"],
  withoutData: true,
  run,
};

async function run({ n }: Options): Promise<object> {
  const seconds = (n ?? MILLISECONDS) / 1e3;
  const { costs, date, machine } = calibration as unknown as Calibration;
  const simulated = <Rows>(name: string, simulation: () => Rows): Rows => {
    console.error(`simulating: ${name}`);
    return simulation();
  };
  return {
    ...{ simulated: true, seconds, calibrated: { date, machine, costs }, on: describeMachine() },
    source: simulated("the source's test", () => sourceTest(costs, seconds)),
    policy: simulated("rules of stealing", () => policies(costs, seconds)),
    latency: simulated("latency by load and batches", () => latencies(costs, seconds)),
    burst: simulated("bursts", () => bursts(costs)),
    scaling: simulated("scaling", () => scalingRows(costs, seconds)),
    stall: simulated("a worker that stalls", () => stalls(costs, seconds)),
  };
}
