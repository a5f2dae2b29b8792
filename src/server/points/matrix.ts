/* Which points of a sample are near to which? For maps: each with its nearest among the others. */
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import { atMost, maybe, object, type Read, refused } from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import { filter } from "./filter.ts";
import { keysOf } from "./matching.ts";
import { scoreOf } from "./scores.ts";
import { unnamed } from "./search.ts";

const MOST_SAMPLE = 1000;

export const matrixBody = object({
  filter: maybe(filter),
  sample: maybe(atMost(2, MOST_SAMPLE)),
  limit: maybe(atMost(1, MOST_SAMPLE)),
  ...{ using: unnamed, shard_key: refused },
});

interface Pair {
  a: Key;
  b: Key;
  score: number;
}

/** `limit` pairs for each point of a sample that is spread evenly over what passes. */
export async function pairsOf(collection: Collection, given: Read<typeof matrixBody>): Promise<{ pairs: Pair[] }> {
  const { points, pairs } = await nearestIn(collection, given);
  return { pairs: pairs.map(([a, b, score]) => ({ a: points[a]!, b: points[b]!, score })) };
}

/** The same as places in the list of ids. */
export async function offsetsOf(collection: Collection, given: Read<typeof matrixBody>) {
  const { points, pairs } = await nearestIn(collection, given);
  return {
    offsets_row: pairs.map(([a]) => a),
    offsets_col: pairs.map(([, b]) => b),
    scores: pairs.map(([, , score]) => score),
    ids: points,
  };
}

async function nearestIn(collection: Collection, { filter, sample = 10, limit = 3 }: Read<typeof matrixBody>) {
  const { distance } = collection;
  return await collection.read(filter, async (all) => {
    const keys = filter === undefined ? await all.keys() : await keysOf(collection, all, filter);
    const every = Math.max(1, keys.length / sample);
    const chosen = keys.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every)).slice(0, sample);
    const found = await all.getMany(chosen, ["vector"]);
    const points = found.flatMap((entry) => (entry?.vector === undefined ? [] : [entry]));
    const pairs: [a: number, b: number, score: number][] = [];
    const slice = new Slice();
    for (const [a, { vector }] of points.entries()) {
      const others = points.map(
        ({ vector: other }, b) => [a, b, scoreOf(distance, vector!, other!)] as (typeof pairs)[number],
      );
      others.splice(a, 1);
      others.sort((one, two) => (distance === "Euclid" ? one[2] - two[2] : two[2] - one[2]));
      pairs.push(...others.slice(0, limit));
      if (slice.isOver) await slice.next();
    }
    return { points: points.map(({ key }) => key), pairs };
  });
}
