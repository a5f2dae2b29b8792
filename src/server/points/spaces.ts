/* Which spaces does a collection have? A page of them, in the order of their names or of a figure. */
import type { SpaceStats } from "../../values/reports.ts";
import type { Collection } from "./collection.ts";

const MOST_SPACES = 1000;
export const FIGURES = ["name", "live", "dead", "pending", "bytes", "compactions", "quarantined"] as const;

export interface Asked {
  /** What a name begins with. */
  prefix?: string | undefined;
  /** What a name contains. */
  contains?: string | undefined;
  /** The page begins behind that name, where they are in the order of names. */
  after?: string | undefined;
  /** The page begins behind that many. */
  skip?: number | undefined;
  limit?: number | undefined;
  sort?: (typeof FIGURES)[number] | undefined;
  down?: boolean | undefined;
}

/** `next`: the name to go on after, or null at the end. `total`: how many there are on all pages. */
export async function pageOfSpaces(collection: Collection, asked: Asked, sees: (name: string) => boolean) {
  const { prefix = "", contains = "", after, skip = 0, limit = 100, sort = "name", down = false } = asked;
  const found = await collection.use((_, index) => index.stats().spaces);
  const named = found.filter(({ name }) => {
    return sees(name) && name.startsWith(prefix) && name.includes(contains) && (after === undefined || name > after);
  });
  const sign = down ? -1 : 1;
  named.sort((a, b) => sign * compared(a[sort], b[sort]) || compared(a.name, b.name));
  const page = named.slice(skip, skip + Math.min(Math.max(limit, 1), MOST_SPACES));
  const isLast = skip + page.length >= named.length;
  return { spaces: page as SpaceStats[], total: named.length, next: isLast ? null : page.at(-1)!.name };
}

function compared<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
