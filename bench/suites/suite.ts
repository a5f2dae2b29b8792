// What must an experiment offer to be run from the command line?

import type { Options } from "../options.ts";

export interface Suite {
  /** What it answers, for the list of suites. */
  question: string;
  /** Whether it measures other libraries. */
  peers: boolean;
  /** Whether it needs no data set. */
  withoutData?: boolean;
  run(options: Options): Promise<void>;
}
