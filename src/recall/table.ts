/*
 * Which ef is right as long as nothing was measured? By the number of vectors and dimensions, as the bench found it on sets
 * of which some are hard: docs/RECALL.md has the figures and the command.
 */

/** As much as a `Wish` says of a space and a search. */
interface Asked {
  k: number;
  target: number;
  live: number;
  dimensions: number;
}

const SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000] as const;
/** Of spaces of that many vectors: the ef for recall .95 at k = 10, by dimensions up to. */
const TABLE: readonly { dimensions: number; ef: readonly number[] }[] = [
  { dimensions: 32, ef: [64, 64, 64, 96, 160] },
  { dimensions: 4096, ef: [64, 80, 112, 224, 640] },
];
const MISSED = 0.05; // that the table is made for
/** Half of what is missed takes about 1.8 times the ef, on every set. */
export const STEEPNESS = 0.85;

/** The ef of the table, in between two sizes in proportion; more for more hits and for a higher target. */
export function tableEf({ k, target, live, dimensions }: Asked): number {
  const { ef } = TABLE.find((row) => dimensions <= row.dimensions)!;
  const harder = (MISSED / Math.max(1 - target, 1e-4)) ** STEEPNESS;
  const more = Math.max(1, k / 10) ** 0.5;
  return sizeOn(ef, live) * Math.max(1, harder) * more;
}

function sizeOn(ef: readonly number[], live: number): number {
  const above = SIZES.findIndex((size) => live <= size);
  if (above === 0) return ef[0]!;
  const at = above < 0 ? SIZES.length - 1 : above;
  const slope = Math.log(ef[at]! / ef[at - 1]!) / Math.log(SIZES[at]! / SIZES[at - 1]!);
  return ef[at - 1]! * (live / SIZES[at - 1]!) ** slope;
}
