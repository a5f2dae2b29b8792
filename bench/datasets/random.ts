// Which random numbers make the data? Seeded ones: the same seed gives the same data set on every machine.

export class Random {
  #state: number;
  /** Marsaglia's polar method makes normals in pairs; the second one waits here. */
  #spare = Number.NaN;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform 32-bit integer: a Weyl sequence through the MurmurHash3 finaliser. */
  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  }

  /** Uniform in [0, bound). */
  below(bound: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * bound);
  }

  /** Standard normal. */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = Number.NaN;
      return spare;
    }
    let x: number;
    let y: number;
    let squared: number;
    do {
      x = this.uint32() / 2 ** 31 - 1;
      y = this.uint32() / 2 ** 31 - 1;
      squared = x * x + y * y;
    } while (squared >= 1 || squared === 0);
    const scale = Math.sqrt((-2 * Math.log(squared)) / squared);
    this.#spare = y * scale;
    return x * scale;
  }
}
