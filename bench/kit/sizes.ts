// At which sizes is something measured that grows?

/** These multiples of each power of ten, from `first` on and below `last`, and `last`. */
export function sizes(first: number, last: number, multiples: readonly number[]): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(last)) }, (_, i) => 10 ** i);
  const marks = powers.flatMap((power) => multiples.map((multiple) => multiple * power));
  return [...marks.filter((size) => size >= first && size < last), last];
}
