// Which experiments are there? One line each; the order is that of a quick run.

import { batch } from "./batch.ts";
import { calibrate } from "./calibrate.ts";
import { churn } from "./churn.ts";
import { core } from "./core.ts";
import { durable } from "./durable.ts";
import { edge } from "./edge.ts";
import { freshness } from "./freshness.ts";
import { kernels } from "./kernels.ts";
import { locality } from "./locality.ts";
import { peers } from "./peers.ts";
import { scale } from "./scale.ts";
import { scaling } from "./scaling.ts";
import { simulate } from "./simulate.ts";
import { skew } from "./skew.ts";
import type { Suite } from "./suite.ts";

export const suites: Record<string, Suite> = {
  ...{ peers, scale, scaling, skew, batch, locality, freshness, churn, durable, edge, core, kernels, calibrate },
  simulate,
};
