// What must a suite offer to have its place in docs/EXPERIMENTS.md? One file per suite in sections/.

import type { TopLevelSpec } from "vega-lite";
import type { Machine } from "../kit/machine.ts";

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
  /** From a saved result what the page needs, small enough to be committed. Null: the suite is not there yet. */
  condense: ((result: never) => Small) | null;
  page(small: Small & Saved): Page;
}

/** A section whose suite is still to come. */
export function planned(suite: string, title: string, claims: string[]): Section {
  const page = () => ({ findings: [], text: "", plots: [] });
  return { suite, title, claims, command: `bun run bench ${suite}`, condense: null, page };
}
