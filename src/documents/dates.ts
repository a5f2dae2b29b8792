/* Which moment does a value name? Milliseconds since 1970, or an ISO 8601 text that means the same moment everywhere. */

const FARTHEST_MS = 8.64e15; // of JavaScript's dates
const ISO = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since 1970, or null. A date alone begins at midnight UTC; a time needs its zone. */
export function dateOf(value: unknown): number | null {
  const ms =
    typeof value === "number" ? value : typeof value === "string" && ISO.test(value) ? parsed(value) : Number.NaN;
  return Math.abs(ms) <= FARTHEST_MS ? ms + 0 : null;
}

/** NaN for a day that no month has: some engines roll it over. */
function parsed(text: string): number {
  const [, year, month, day] = ISO.exec(text)!;
  const last = new Date(0);
  last.setUTCFullYear(Number(year), Number(month), 0);
  return Number(day) > last.getUTCDate() ? Number.NaN : Date.parse(text);
}
