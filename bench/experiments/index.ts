// Which experiments are there? One line each; the order is that of a quick run.

import type { Page, Saved, Section, Suite } from "../experiment.ts";
import { batch as batchSection } from "./batch/page.ts";
import { batch } from "./batch/suite.ts";
import { calibration as calibrateSection } from "./calibrate/page.ts";
import { calibrate } from "./calibrate/suite.ts";
import { churn as churnSection } from "./churn/page.ts";
import { churn } from "./churn/suite.ts";
import { core as coreSection } from "./core/page.ts";
import { core } from "./core/suite.ts";
import { durable as durableSection } from "./durable/page.ts";
import { durable } from "./durable/suite.ts";
import { edge as edgeSection } from "./edge/page.ts";
import { edge } from "./edge/suite.ts";
import { freshness as freshnessSection } from "./freshness/page.ts";
import { freshness } from "./freshness/suite.ts";
import { kernels as kernelsSection } from "./kernels/page.ts";
import { kernels } from "./kernels/suite.ts";
import { locality as localitySection } from "./locality/page.ts";
import { locality } from "./locality/suite.ts";
import { peers as peersSection } from "./peers/page.ts";
import { peers } from "./peers/suite.ts";
import { scale as scaleSection } from "./scale/page.ts";
import { scale } from "./scale/suite.ts";
import { scaling as scalingSection } from "./scaling/page.ts";
import { scaling } from "./scaling/suite.ts";
import { simulation as simulateSection } from "./simulate/page.ts";
import { simulate } from "./simulate/suite.ts";
import { skew as skewSection } from "./skew/page.ts";
import { skew } from "./skew/suite.ts";

export const suites: Record<string, Suite> = {
  ...{ peers, scale, scaling, skew, batch, locality, freshness, churn, durable, edge, core, kernels, calibrate },
  simulate,
};

/** Those with a place in docs/EXPERIMENTS.md, in its order. */
export const sections = [
  ...[scalingSection, skewSection, batchSection, localitySection, simulateSection, calibrateSection],
  ...[freshnessSection, peersSection, scaleSection, churnSection, durableSection, edgeSection, kernelsSection],
] as unknown as Section[];

/** And those that have plots, but no place in the document. */
export const allSections = [...sections, coreSection] as unknown as Section[];

/** What came of a result, as a suite saves it. */
export function pageOf(result: Saved): Page {
  const section = allSections.find(({ suite }) => suite === result.suite);
  if (!section) throw new Error(`no suite is called "${result.suite}"`);
  const { suite, date, machine, repeats } = result;
  return section.page({ suite, date, machine, repeats, ...section.condense(result as never) });
}
