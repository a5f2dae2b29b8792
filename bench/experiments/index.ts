// Which experiments are there? One line each; the order is that of docs/EXPERIMENTS.md and of a quick run.

import type { Experiment, Saved } from "../experiment.ts";
import { batch } from "./batch/suite.ts";
import { calibrate } from "./calibrate/suite.ts";
import { calls } from "./calls/suite.ts";
import { churn } from "./churn/suite.ts";
import { cluster } from "./cluster/suite.ts";
import { core } from "./core/suite.ts";
import { documents } from "./documents/suite.ts";
import { durable } from "./durable/suite.ts";
import { edge } from "./edge/suite.ts";
import { filters } from "./filters/suite.ts";
import { freshness } from "./freshness/suite.ts";
import { kernels } from "./kernels/suite.ts";
import { locality } from "./locality/suite.ts";
import { peers } from "./peers/suite.ts";
import { recall } from "./recall/suite.ts";
import { scale } from "./scale/suite.ts";
import { scaling } from "./scaling/suite.ts";
import { server } from "./server/suite.ts";
import { simulate } from "./simulate/suite.ts";
import { skew } from "./skew/suite.ts";

export const experiments: Record<string, Experiment> = {
  ...{ scaling, skew, batch, locality, simulate, calibrate },
  ...{
    freshness,
    calls,
    filters,
    documents,
    peers,
    recall,
    scale,
    churn,
    durable,
    server,
    cluster,
    edge,
    kernels,
    core,
  },
};

/** Whose result this is. */
export function experimentOf({ suite }: Pick<Saved, "suite">): Experiment {
  const experiment = experiments[suite];
  if (!experiment) throw new Error(`no suite is called "${suite}"; there are ${Object.keys(experiments).join(", ")}`);
  return experiment;
}
