/* Where does a run take its chances from? One seed, split by name, so that a run can be played again. */
import { type Random, random } from "../support/vectors.ts";

export class Chance {
  private readonly source: Random;

  constructor(seed: number, name: string) {
    let mixed = seed >>> 0;
    for (const letter of name) mixed = (Math.imul(mixed ^ letter.charCodeAt(0), 0x9e3779b1) + 0x7f4a7c15) >>> 0;
    this.source = random(mixed);
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.source.below(high - low + 1);
  }

  /** True with that probability. */
  is(probability: number): boolean {
    return this.source.next() < probability;
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.source.below(choices.length)]!;
  }

  gaussian(): number {
    return this.source.gaussian();
  }
}
