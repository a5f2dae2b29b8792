/* Which queries came lately? A few of them, for the next measurement: at first each, then one of many in the place of an old one. */
import type { NumberArray } from "../values/number-arrays.ts";
import { MOST_SEARCHES } from "./due.ts";

const ONE_OF = 64;

export class RecentSearches {
  private readonly kept: Float32Array[] = [];
  private seen = 0;

  get count(): number {
    return this.kept.length;
  }

  add(query: NumberArray): void {
    const number = this.seen++;
    if (this.kept.length < MOST_SEARCHES) this.kept.push(Float32Array.from(query));
    else if (number % ONE_OF === 0) this.kept[(number / ONE_OF) % MOST_SEARCHES]!.set(query);
  }

  /** In one flat array. */
  all(dimensions: number): Float32Array {
    const flat = new Float32Array(this.kept.length * dimensions);
    for (const [i, query] of this.kept.entries()) flat.set(query, i * dimensions);
    return flat;
  }
}
