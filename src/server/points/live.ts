/* What does the server do at the moment? Its requests, the collections that are open, their workers and their journals. */
import type { VectorIndex } from "../../api/vector-index.ts";
import { letGo } from "../../runtime/event-loop.ts";
import type { IndexStats, SpaceStats } from "../../values/reports.ts";
import type { Live, LiveCollection } from "../wire/live.ts";
import { BOUNDS, type Metrics } from "../wire/metrics.ts";
import type { Collections } from "./collections.ts";
import { holdsPoints, SPACE } from "./tenants.ts";

type Seen = (name: string) => boolean;

export async function liveOf({ store }: Collections, metrics: Metrics, sees: Seen, gapMs = 0, demo = false) {
  const live: Live = {
    ...{ at: Date.now(), uptimeMs: Date.now() - metrics.start, gapMs, bounds: BOUNDS },
    requests: requestsIn(metrics),
    collections: [],
    incidents: store.incidents
      .filter(({ concerns }) => concerns.every(sees))
      .map(({ concerns: _, ...incident }) => incident),
    demo,
  };
  for (const { name, index } of await store.openNow()) {
    if (!sees(name)) continue;
    const stats = index.stats();
    const { elsewhere, used, ...totals } = totalsOf(index, stats);
    const { reserved, limit } = stats.bytes;
    live.collections.push({
      ...{ name, points: index.space(SPACE).size + elsewhere, ...totals },
      ...{ bytes: { used, reserved, limit }, workers: stats.workers, journal: stats.journal, recovery: index.recovery },
    });
  }
  return live;
}

interface Totals {
  pending: number;
  spaces: number;
  graphs: number;
  bytesBy: LiveCollection["bytesBy"];
  /** Bytes of all spaces. */
  used: number;
  /** Points of tenants. */
  elsewhere: number;
}

/** Reading every space takes a millisecond per 2,000 of them: no more than a part of the time in this may go there. */
const MOST_OF_TIME = 1 / 500;
const known = new WeakMap<VectorIndex, { totals: Totals; until: number }>();

function totalsOf(index: VectorIndex, stats: IndexStats): Totals {
  const start = performance.now();
  const found = known.get(index);
  if (found !== undefined && start < found.until) return found.totals;
  const { spaces } = stats;
  const sum = (of: (space: SpaceStats) => number) => spaces.reduce((total, space) => total + of(space), 0);
  const totals = {
    pending: sum(({ pending }) => pending),
    spaces: spaces.length,
    used: sum(({ bytes }) => bytes),
    graphs: sum(({ kind }) => (kind === "graph" ? 1 : 0)),
    bytesBy: {
      vectors: sum((one) => one.bytes - one.documentBytes - one.columnBytes - one.dictionaryBytes),
      documents: sum(({ documentBytes }) => documentBytes),
      columns: sum(({ columnBytes }) => columnBytes),
      dictionaries: sum(({ dictionaryBytes }) => dictionaryBytes),
    },
    elsewhere: sum(({ name, live }) => (name !== SPACE && holdsPoints(name) ? live : 0)),
  };
  const end = performance.now();
  known.set(index, { totals, until: end + (end - start) / MOST_OF_TIME });
  return totals;
}

function requestsIn({ kinds: { search, write, read } }: Metrics): Live["requests"] {
  return { search: [...search.counts], write: [...write.counts], read: [...read.counts] };
}

const LOOK_MS = 20;

/** Measures how long the event loop is not free, while something wants to know. */
export class LoopGap {
  private readonly watchers = new Set<{ longest: number }>();

  /** `take`: the longest gap since the last call. */
  watch(): { take(): number; end(): void } {
    const watcher = { longest: 0 };
    this.watchers.add(watcher);
    if (this.watchers.size === 1) void this.run();
    const take = () => {
      const { longest } = watcher;
      watcher.longest = 0;
      return Math.round(longest * 100) / 100;
    };
    return { take, end: () => void this.watchers.delete(watcher) };
  }

  /** A timer that comes late was held up by that. */
  private async run(): Promise<void> {
    for (let due = performance.now(); this.watchers.size > 0; ) {
      due = performance.now() + LOOK_MS;
      await new Promise<void>((resolve) => letGo(setTimeout(resolve, LOOK_MS)));
      const late = performance.now() - due;
      for (const watcher of this.watchers) watcher.longest = Math.max(watcher.longest, late);
    }
  }
}
