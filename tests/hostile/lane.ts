/* What do many hostile exports come to? Counted by verdict; every wrong one with the seed that makes it again. */
import { judgeExports } from "./court.ts";
import type { Verdict } from "./judge.ts";
import type { Mutations } from "./mutations.ts";

export class Tally {
  right = 0;
  /** By code. */
  readonly refused: Record<string, number> = {};
  readonly wrong: string[] = [];

  take(name: string, verdict: Verdict): void {
    if (verdict.kind === "right") this.right++;
    else if (verdict.kind === "refused") this.refused[verdict.code] = (this.refused[verdict.code] ?? 0) + 1;
    else this.wrong.push(`${name}: ${verdict.why}`.replace(/[^ -~→−]/g, "?")); // names and keys may hold anything
  }

  get count(): number {
    return this.right + Object.values(this.refused).reduce((sum, count) => sum + count, 0) + this.wrong.length;
  }

  toString(): string {
    const refused = Object.entries(this.refused).map(([code, count]) => `${code} ${count}`);
    return `${this.count}: ${this.right} right, ${refused.join(", ")}, ${this.wrong.length} wrong`;
  }
}

/** Exports of `count` seeds, in one child after the other. */
export async function exportLane(mutations: Mutations, seed: number, count: number, tally: Tally): Promise<void> {
  const mutants = Array.from({ length: count }, (_, i) => mutations.make(seed + i));
  const verdicts = await judgeExports(mutants.map(({ bytes }) => bytes));
  for (const [i, verdict] of verdicts.entries()) tally.take(mutants[i]!.name, verdict);
}
