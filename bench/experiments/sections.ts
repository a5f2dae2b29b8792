// Which suites have a place in docs/EXPERIMENTS.md, and in which order? Another one is a file in sections/ and a line here.

import { batch } from "./batch/page.ts";
import { calibration } from "./calibrate/page.ts";
import { churn } from "./churn/page.ts";
import { core } from "./core/page.ts";
import { durable } from "./durable/page.ts";
import { edge } from "./edge/page.ts";
import { freshness } from "./freshness/page.ts";
import { kernels } from "./kernels/page.ts";
import { locality } from "./locality/page.ts";
import { peers } from "./peers/page.ts";
import { scale } from "./scale/page.ts";
import { scaling } from "./scaling/page.ts";
import type { Section } from "./section.ts";
import { simulation } from "./simulate/page.ts";
import { skew } from "./skew/page.ts";

export const sections = [
  ...[scaling, skew, batch, locality, simulation, calibration],
  ...[freshness, peers, scale, churn, durable, edge, kernels],
] as unknown as Section[];

/** And those that have plots, but no place in the document. */
export const allSections = [...sections, core] as unknown as Section[];
