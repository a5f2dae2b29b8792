/* What does the server do at the moment? Its requests, the collections that are open, their workers and their journals. */
import { letGo, nextTurn } from "../../runtime/event-loop.ts";
import type { IndexStats, RecoveryReport } from "../../values/reports.ts";
import { BOUNDS, Histogram, type Metrics } from "../wire/metrics.ts";
import type { Collections } from "./collection.ts";
import { SPACE } from "./collection.ts";

export interface Live {
  /** Milliseconds since 1970. */
  at: number;
  /** Since the server was started. */
  uptimeMs: number;
  /** The longest time in the last second in which the event loop did nothing else. */
  gapMs: number;
  /** Counts since the start by buckets of milliseconds; `bounds` are their upper ends. */
  bounds: readonly number[];
  requests: Record<"search" | "write" | "read", readonly number[]>;
  collections: LiveCollection[];
}

interface LiveCollection {
  name: string;
  points: number;
  pending: number;
  spaces: number;
  graphs: number;
  bytes: IndexStats["bytes"];
  workers: IndexStats["workers"];
  journal: IndexStats["journal"];
  /** What opening its folder found; null in memory. */
  recovery: RecoveryReport | null;
}

export async function liveOf(collections: Collections, metrics: Metrics, sees: (name: string) => boolean, gapMs = 0) {
  const live: Live = {
    ...{ at: Date.now(), uptimeMs: Date.now() - metrics.start, gapMs, bounds: BOUNDS },
    requests: requestsIn(metrics),
    collections: [],
  };
  for (const { name, index } of await collections.store.openNow()) {
    if (!sees(name)) continue;
    const stats = index.stats();
    const sum = (of: (space: (typeof stats.spaces)[number]) => number) =>
      stats.spaces.reduce((total, space) => total + of(space), 0);
    live.collections.push({
      name,
      points: index.space(SPACE).size,
      pending: sum(({ pending }) => pending),
      spaces: stats.spaces.length,
      graphs: sum(({ kind }) => (kind === "graph" ? 1 : 0)),
      ...{ bytes: stats.bytes, workers: stats.workers, journal: stats.journal, recovery: index.recovery },
    });
  }
  return live;
}

function requestsIn({ durations }: Metrics): Live["requests"] {
  const sums = { search: new Histogram().counts, write: new Histogram().counts, read: new Histogram().counts };
  for (const [name, { counts }] of durations) {
    const kind = /points\/(query|search)/.test(name)
      ? "search"
      : /^method="(PUT|DELETE)"|delete|payload|batch/.test(name)
        ? "write"
        : "read";
    for (const [i, count] of counts.entries()) sums[kind][i]! += count;
  }
  return sums;
}

const LOOK_MS = 20;

/** Measures how long the event loop is not free, while somebody wants to know. */
export class LoopGap {
  private longest = 0;
  private watchers = 0;

  /** Returns what ends it. */
  watch(): () => void {
    if (this.watchers++ === 0) void this.run();
    return () => {
      this.watchers--;
    };
  }

  take(): number {
    const { longest } = this;
    this.longest = 0;
    return Math.round(longest * 100) / 100;
  }

  private async run(): Promise<void> {
    while (this.watchers > 0) {
      await new Promise<void>((resolve) => letGo(setTimeout(resolve, LOOK_MS)));
      const start = performance.now();
      await nextTurn();
      this.longest = Math.max(this.longest, performance.now() - start);
    }
  }
}
