// Which experiments are there? One line each; the order is that of a quick run.

import { batch } from "./batch/suite.ts";
import { calibrate } from "./calibrate/suite.ts";
import { churn } from "./churn/suite.ts";
import { core } from "./core/suite.ts";
import { durable } from "./durable/suite.ts";
import { edge } from "./edge/suite.ts";
import type { Suite } from "./experiment.ts";
import { freshness } from "./freshness/suite.ts";
import { kernels } from "./kernels/suite.ts";
import { locality } from "./locality/suite.ts";
import { peers } from "./peers/suite.ts";
import { scale } from "./scale/suite.ts";
import { scaling } from "./scaling/suite.ts";
import { simulate } from "./simulate/suite.ts";
import { skew } from "./skew/suite.ts";

export const suites: Record<string, Suite> = {
  ...{ peers, scale, scaling, skew, batch, locality, freshness, churn, durable, edge, core, kernels, calibrate },
  simulate,
};
