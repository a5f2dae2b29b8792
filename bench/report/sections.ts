// Which suites have a place in docs/EXPERIMENTS.md, and in which order? Another one is a file in sections/ and a line here.

import type { Section } from "./section.ts";
import { batch } from "./sections/batch.ts";
import { calibration } from "./sections/calibration.ts";
import { churn } from "./sections/churn.ts";
import { core } from "./sections/core.ts";
import { durable } from "./sections/durable.ts";
import { edge } from "./sections/edge.ts";
import { freshness } from "./sections/freshness.ts";
import { kernels } from "./sections/kernels.ts";
import { locality } from "./sections/locality.ts";
import { peers } from "./sections/peers.ts";
import { scale } from "./sections/scale.ts";
import { scaling } from "./sections/scaling.ts";
import { simulation } from "./sections/simulation.ts";
import { skew } from "./sections/skew.ts";

export const sections = [
  ...[scaling, skew, batch, locality, simulation, calibration],
  ...[freshness, peers, scale, churn, durable, edge, kernels],
] as unknown as Section[];

/** And those that have plots, but no place in the document. */
export const allSections = [...sections, core] as unknown as Section[];
