// What must an experiment offer? A suite that measures, and a section of docs/EXPERIMENTS.md that says what came of it.

import type { TopLevelSpec } from "vega-lite";
import type { Machine } from "./kit/machine.ts";
import type { Options } from "./kit/options.ts";
import type { Table } from "./kit/table.ts";

export interface Experiment extends Suite, Section {}

export interface Suite {
  /** What it answers, for the list of experiments. */
  question: string;
  /** Its options when all of them run: about half a minute on two cores. */
  quick: readonly string[];
  /** Whether it measures other libraries. */
  peers?: true;
  /** Whether it needs no data set. */
  withoutData?: true;
  /** Returns what was measured, to be saved. Experiments that measure set by set have `results`, one a set. */
  run(options: Options): Promise<object>;
}

export interface Section {
  title: string;
  /** What will be looked into, while there is nothing measured. None: it has no place in the document. */
  claims: string[];
  command: string;
  /** Where its figures are kept, from the root, if not as docs/experiments/NAME.json. */
  file?: string;
  /** Whether its figures are simulated. */
  simulated?: true;
  /** From a saved result what the page needs, small enough to be committed. */
  condense(result: never): object;
  page(small: never): Page;
}

export interface Page {
  findings: Finding[];
  body: Block[];
  plots: Plot[];
}

/** Markdown, or a table. */
export type Block = string | Table;

export type Verdict = "holds" | "holds in part" | "does not hold" | "cannot be judged here";

export interface Finding {
  /** What the source says, or what we say where it says nothing. */
  claim: string;
  measured: string;
  verdict: Verdict;
  /** Why, where it is not obvious. */
  why: string;
}

export interface Plot {
  /** Name of the SVG, without its ending. */
  name: string;
  /** What it shows, for readers who cannot see it. */
  alt: string;
  spec: TopLevelSpec;
}

/** What every saved result carries. */
export interface Saved {
  suite: string;
  date: string;
  machine: Machine;
  repeats: number;
}

/** A saved result with no more than its page needs. */
export function condensed({ condense }: Pick<Section, "condense">, result: Saved): Saved {
  const { suite, date, machine, repeats } = result;
  return { suite, date, machine, repeats, ...condense(result as never) };
}

export function pageOf(section: Pick<Section, "condense" | "page">, result: Saved): Page {
  return section.page(condensed(section, result) as never);
}
