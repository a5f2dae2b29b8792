/* What is nearest to each of many queries? The workers take what they can, this thread what is left. */
import { MAX_EF } from "../../assembly/layout.ts";
import { programOf } from "../documents/program.ts";
import { badOption } from "../options/checks.ts";
import { resolveSearch, type SearchOptions } from "../options/search.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Hit } from "../values/reports.ts";
import { VectorList, type Vectors } from "../values/vectors.ts";
import type { SearchSpreader } from "../workers/search-shares.ts";
import type { Host } from "./host.ts";
import { isInColumns } from "./matches.ts";
import { refuseBad } from "./query.ts";
import { efsAmong, settle } from "./recall.ts";
import { wantedFor } from "./rows.ts";
import { conditionOf, searchLater, withIncluded } from "./search.ts";

/** One list of hits a query. */
export async function searchMany(
  host: Host,
  space: string,
  queries: Vectors,
  options: SearchOptions | undefined,
  spread: SearchSpreader | null,
): Promise<Hit[][]> {
  host.assertOpen();
  const list = new VectorList(queries, host.settings.dimensions);
  const asked = settle(host, space, resolveSearch(options, host.settings));
  if (asked.explain) throw badOption("`searchMany` does not explain: search for one of the queries.");
  const condition = conditionOf(host, asked);
  await checkQueries(host, list);
  const ref = await host.eventually(() => host.find(space));
  if (ref === null) return Array.from({ length: list.count }, () => []);
  const { k, ef, beam, include, now } = asked;
  const canSpread = !asked.filter && ef <= MAX_EF && (condition === null || isInColumns(host, condition));
  const program = condition && programOf(condition).slice();
  const widths = condition && efsAmong(host, space, asked);
  const shares =
    spread && canSpread
      ? await spread(ref, list, { k, ef, widths, beam, now, program, wanted: wantedFor(include) })
      : [];
  const results: Hit[][] = [];
  const slice = new Slice();
  for (let i = 0; i < list.count; i++) {
    const share = shares[i];
    if (share !== undefined) results.push(withIncluded(share, include));
    else results.push((await searchLater(host, space, list.copy(i, 1), asked, condition)) as Hit[]);
    if (slice.isOver) await slice.next();
  }
  return results;
}

async function checkQueries(host: Host, list: VectorList): Promise<void> {
  const seat = host.seats[0]!;
  const slice = new Slice();
  for (let first = 0; first < list.count; first += seat.intake) {
    const count = Math.min(seat.intake, list.count - first);
    list.copyTo(seat, first, count);
    refuseBad(host, count, (index) => `Query ${first + index}`);
    if (!slice.isOver) continue;
    await slice.next();
    host.assertOpen();
  }
}
