/* Which spaces does a collection have? A page of them, in the order of their names or of a figure. */
import type { VectorIndex } from "../../api/vector-index.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { First } from "../../values/first.ts";
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

/** `next`: the name to go on after, or null at the end. `total`: how many there are on all pages. There may be many: in slices. */
export async function pageOfSpaces(collection: Collection, asked: Asked, sees: (name: string) => boolean) {
  const { skip = 0, limit = 100, sort = "name", down = false } = asked;
  return await collection.use(async (_, index) => {
    const slice = new Slice();
    const first = new First<Placed>(skip + Math.min(Math.max(limit, 1), MOST_SPACES), (a, b) =>
      a.figure === b.figure ? a.name < b.name : a.figure < b.figure !== down,
    );
    let total = 0;
    for (const placed of await placesOf(index, sort, slice)) {
      if (isAskedFor(placed.name, asked) && sees(placed.name)) {
        total++;
        first.offer(placed);
      }
      if (slice.isOver) await slice.next();
    }
    const page = first.takeBehind(skip);
    const spaces: SpaceStats[] = [];
    for (const { name } of page) {
      const stats = index.space(name).stats();
      if (stats !== null) spaces.push(stats); // else it was dropped just now
      if (slice.isOver) await slice.next();
    }
    const isLast = skip + page.length >= total;
    return { spaces, total, next: isLast ? null : page.at(-1)!.name };
  });
}

interface Placed {
  name: string;
  /** What it is sorted by. */
  figure: string | number;
}

/** In the order of names only the figures of the page are read. */
async function placesOf(index: VectorIndex, sort: (typeof FIGURES)[number], slice: Slice): Promise<Iterable<Placed>> {
  if (sort === "name") return placed(await index.listNames());
  const places: Placed[] = [];
  for (const space of await index.listFigures()) {
    places.push({ name: space.name, figure: space[sort] });
    if (slice.isOver) await slice.next();
  }
  return places;
}

function* placed(names: readonly string[]): Generator<Placed> {
  for (const name of names) yield { name, figure: name };
}

function isAskedFor(name: string, { prefix = "", contains = "", after }: Asked): boolean {
  return name.startsWith(prefix) && name.includes(contains) && (after === undefined || name > after);
}
