/*
 * Which spaces have their recall measured, and when? The thread that opened an index with workers looks once a second whether
 * anything was linked or searched for, and has a worker measure one space after the other, within a budget.
 */
import * as calls from "../core/calls.ts";
import { MOST_MS, RecallBudget } from "../recall/budget.ts";
import { costOf, isDue, queriesFor } from "../recall/due.ts";
import type { MeasureJob, Measurer } from "../recall/measure.ts";
import type { RecentSearches } from "../recall/searches.ts";
import { Slice } from "../runtime/event-loop.ts";
import { whileInUse } from "./background.ts";
import type { Handle } from "./handle.ts";
import { keptSearches, searchesOf } from "./recall.ts";

const EVERY_MS = 1000;
/** A look through all spaces is followed by a rest of this many times its length. */
const REST = 200;

/** Measures while the program can reach the handle and has it open; nothing while nothing changes. */
export function measureInBackground(handle: Handle, measurer: Measurer, everyMs = EVERY_MS): void {
  const watch = new Watch(measurer);
  // A partition may be busy, or the worker may end.
  whileInUse(handle, everyMs, (handle) => watch.look(handle));
}

/** A space that is due. */
interface Due {
  space: calls.SpaceAt;
  partition: number;
  graph: calls.GraphFigures;
  searches: RecentSearches | null;
}

const nameOf = ({ space, partition }: Due) => `${partition}:${space.address}:${space.incarnation}`;

class Watch {
  private readonly budget = new RecallBudget();
  /** Of `changesOf`, at the last look. */
  private seen = -1;
  /** Whether the last look left spaces that are due. */
  private hasMore = false;
  private notBefore = 0;
  /** Spaces of which a measurement found nothing to measure, or no memory, with the vectors linked by then. */
  private readonly fruitless = new Map<string, number>();

  constructor(private readonly measurer: Measurer) {}

  /** Measures one space, if one is due and the budget has room. */
  async look(handle: Handle): Promise<void> {
    const changes = changesOf(handle);
    const start = performance.now();
    if ((changes === this.seen && !this.hasMore) || start < this.notBefore) return;
    this.seen = changes;
    const due = await this.dueIn(handle);
    const now = performance.now();
    this.notBefore = now + REST * (now - start);
    this.hasMore = due.length > 0;
    for (const one of due) {
      const job = this.jobFor(handle, one);
      if (job === null) continue;
      const seat = handle.seats[one.partition]!;
      const ms = await this.measurer({ ...one.space, seat, partition: one.partition, home: 0 }, job);
      this.budget.spend(performance.now(), ms);
      const after = handle.guarded(() => calls.graphOf(seat, one.space));
      if (after?.notes === one.graph.notes) this.fruitless.set(nameOf(one), one.graph.linked);
      else this.fruitless.delete(nameOf(one));
      return;
    }
  }

  /** Null while the budget has no room for it. */
  private jobFor({ settings }: Handle, { graph, searches }: Due): MeasureJob | null {
    const { dimensions, recall } = settings;
    const left = this.budget.left(performance.now());
    const { stored, searched } = queriesFor(graph.live, dimensions, searches?.count ?? 0, MOST_MS);
    if (costOf(graph.live, dimensions, stored + searched) > left) return null;
    const queries = searches?.all(dimensions).subarray(0, searched * dimensions) ?? new Float32Array(0);
    return { stored, searched: queries, target: recall, now: Date.now(), mostMs: left };
  }

  /** Those that are searched first, then the largest. */
  private async dueIn(handle: Handle): Promise<Due[]> {
    const due: Due[] = [];
    const slice = new Slice();
    for (const [partition, seat] of handle.seats.entries()) {
      const after = (address: number) => handle.guarded(() => calls.nextGraph(seat, address));
      for (let space = after(0); space !== null; space = after(space.address)) {
        const graph = calls.graphOf(seat, space);
        const searches = searchesOf(handle, partition, space);
        if (graph !== null && isDue(graph, searches?.count ?? 0)) {
          const one = { space, partition, graph, searches };
          if (this.fruitless.get(nameOf(one)) !== graph.linked) due.push(one);
        }
        if (slice.isOver) await slice.next();
        handle.assertOpen();
      }
    }
    const worth = ({ searches, graph }: Due) => (searches === null ? 0 : 2 ** 32) + graph.live;
    return due.sort((a, b) => worth(b) - worth(a));
  }
}

/** Grows with what is linked, moved, or searched for on this thread. */
function changesOf(handle: Handle): number {
  const { control, settings } = handle;
  let changes = keptSearches(handle);
  for (let worker = 0; worker < settings.workers; worker++) {
    changes += control.figure(worker, "linked") + control.figure(worker, "moved");
  }
  return changes;
}
