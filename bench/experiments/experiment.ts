// What must an experiment offer to be run from the command line?

import type { Options } from "../kit/options.ts";

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
