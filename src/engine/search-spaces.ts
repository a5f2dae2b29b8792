/* What is nearest to a query in several spaces? Each is searched, one after the other, and the nearest of all are kept. */
import { badOption, show } from "../options/checks.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Hit } from "../values/reports.ts";
import { numbersOf, type Vector } from "../values/vectors.ts";
import type { Host } from "./host.ts";
import { settle } from "./recall.ts";
import { conditionOf, searchLater } from "./search.ts";

/** Names of spaces, or "all". */
export interface SpacesOptions extends SearchOptions {
  spaces: readonly string[] | "all";
}

/** Of two hits at one distance, the one whose space was named first comes first. */
export async function searchSpaces(
  host: Host,
  query: Vector,
  options: SpacesOptions,
): Promise<(Hit & { space: string })[]> {
  host.assertOpen();
  const asked = resolveSearch(options ?? {}, host.settings, ["spaces"]);
  if (asked.explain) throw badOption("A search over spaces does not explain: search in one of them.");
  const numbers = new Float32Array(numbersOf(query, host.settings.dimensions, "The query"));
  let nearest: (Hit & { space: string })[] = [];
  const slice = new Slice();
  for (const space of await namesOf(host, options?.spaces)) {
    const settled = settle(host, space, asked);
    const hits = (await searchLater(host, space, numbers, settled, conditionOf(host, settled))) as Hit[];
    nearest = nearest.concat(hits.map((hit) => ({ ...hit, space })));
    nearest = nearest.sort((a, b) => a.distance - b.distance).slice(0, asked.k);
    if (slice.isOver) await slice.next();
  }
  return nearest;
}

async function namesOf(host: Host, given: unknown): Promise<string[]> {
  if (given === "all") return await host.names();
  if (Array.isArray(given)) {
    const names = [...new Set(given)];
    if (names.every((name) => typeof name === "string" && name !== "")) return names;
  }
  throw badOption(`\`spaces\` must be "all" or an array of names, not ${show(given)}.`);
}
