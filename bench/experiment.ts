// What must an experiment offer? A suite that measures, and a section of docs/EXPERIMENTS.md that says what came of it.

import type { TopLevelSpec } from "vega-lite";
import type { Machine } from "./kit/machine.ts";
import type { Options } from "./kit/options.ts";

export interface Suite {
  /** What it answers, for the list of suites. */
  question: string;
  /** Its options when all of them run: about half a minute on two cores. */
  quick: readonly string[];
  /** Whether it measures other libraries. */
  peers: boolean;
  /** Whether it needs no data set. */
  withoutData?: boolean;
  /** Saves its result to `options.json`. */
  run(options: Options): Promise<void>;
}

export type Verdict = "holds" | "holds in part" | "does not hold" | "cannot be told here";

export interface Finding {
  /** What the thread says, or what we say where it says nothing. */
  claim: string;
  measured: string;
  verdict: Verdict;
  /** Why, where it is not obvious. */
  why: string;
}

export interface Plot {
  /** Name of the SVG, without its ending. */
  name: string;
  /** What it shows, for those who do not see it. */
  alt: string;
  spec: TopLevelSpec;
}

export interface Page {
  findings: Finding[];
  /** Tables and remarks in Markdown. */
  text: string;
  plots: Plot[];
}

/** What every saved result carries. */
export interface Saved {
  suite: string;
  date: string;
  machine: Machine;
  repeats: number;
}

export interface Section<Small extends object = object> {
  suite: string;
  title: string;
  /** What will be looked into, while there is nothing measured. */
  claims: string[];
  command: string;
  /** Where its figures are kept, from the root, if not as docs/experiments/SUITE.json. */
  file?: string;
  /** Whether its figures are simulated. */
  simulated?: boolean;
  /** From a saved result what the page needs, small enough to be committed. */
  condense(result: never): Small;
  page(small: Small & Saved): Page;
}
