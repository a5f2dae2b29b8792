/* What was found damaged on the way? */
import { damaged } from "./folder.ts";

/** What is not as it was written. */
export class Findings {
  /** A line each. */
  readonly problems: string[] = [];
  /** Whether any of them cost something. */
  lossy = false;
  private readonly salvaging: boolean;

  constructor(salvaging: boolean) {
    this.salvaging = salvaging;
  }

  /** Damage that something else makes good. */
  harmless(problem: string): void {
    this.problems.push(problem);
  }

  /** Damage that costs something. Throws PATH_DAMAGED unless salvaging. */
  lost(problem: string): void {
    if (!this.salvaging) throw damaged(problem);
    this.problems.push(problem);
    this.lossy = true;
  }
}
