// How is a load spread over spaces? Relative sizes, and ops dealt by them, for measurements and simulations alike.

import type { Random } from "../datasets/random.ts";

/** The same for every space, as much for the first as for all others together, or falling with a power of the rank. */
export type Load = "even" | "one half" | `zipf ${number}`;

/** Share of each space, largest first; their sum is 1. */
export function shares(load: Load, spaces: number): number[] {
  const ranks = Array.from({ length: spaces }, (_, i) => i + 1);
  const sizes = ranks.map((rank) => {
    if (load === "even") return 1;
    if (load === "one half") return rank === 1 ? Math.max(1, spaces - 1) : 1;
    return rank ** -Number(load.slice("zipf ".length));
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / total);
}

/** Deals ops to spaces at random, by their shares, each in constant time (Walker's alias method, 1974). */
export class Dealer {
  private readonly keep: Float64Array;
  private readonly alias: Uint32Array;
  private readonly random: Random;

  constructor(given: readonly number[], random: Random) {
    const n = given.length;
    this.random = random;
    this.keep = Float64Array.from(given, (share) => share * n);
    this.alias = Uint32Array.from({ length: n }, (_, i) => i);
    const poor: number[] = [];
    const rich: number[] = [];
    for (let i = 0; i < n; i++) (this.keep[i]! < 1 ? poor : rich).push(i);
    while (poor.length > 0 && rich.length > 0) {
      const [few, many] = [poor.pop()!, rich.at(-1)!];
      this.alias[few] = many;
      this.keep[many] = this.keep[many]! - (1 - this.keep[few]!);
      if (this.keep[many]! < 1) poor.push(rich.pop()!);
    }
    for (const i of [...poor, ...rich]) this.keep[i] = 1; // what rounding left
  }

  next(): number {
    const i = this.random.below(this.keep.length);
    return this.random.below(2 ** 30) < this.keep[i]! * 2 ** 30 ? i : this.alias[i]!;
  }
}

/** Rows 0 to n − 1 dealt to the spaces. */
export function deal(n: number, given: readonly number[], random: Random): number[][] {
  const dealer = new Dealer(given, random);
  const rows: number[][] = given.map(() => []);
  for (let row = 0; row < n; row++) rows[dealer.next()]!.push(row);
  return rows;
}
