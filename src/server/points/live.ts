/* What does the server do at the moment? Its requests, the collections that are open, their workers and their journals. */
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError } from "../../errors.ts";
import { letGo, Slice } from "../../runtime/event-loop.ts";
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
    const one = await unlessClosed(() => liveCollection(name, index));
    if (one !== null) live.collections.push(one);
  }
  return live;
}

async function liveCollection(name: string, index: VectorIndex): Promise<LiveCollection> {
  const { elsewhere, used, ...totals } = await totalsOf(index);
  const { bytes, workers, journal } = index.stats();
  const { reserved, limit } = bytes; // where an index is shared, `bytes.used` looks at every space
  return {
    ...{ name, points: index.space(SPACE).size + elsewhere, ...totals },
    ...{ bytes: { used, reserved, limit }, workers, journal, recovery: index.recovery },
  };
}

/** Null where the index was closed in the meantime: it is not used for this. */
export async function unlessClosed<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HnswError && error.code === "CLOSED") return null;
    throw error;
  }
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

/** Reading 700 spaces takes about a millisecond: no more than a part of the time may go there. */
const SPACES_PER_MS = 700;
const MOST_OF_TIME = 1 / 500;
/** Until when they serve; those that are being read are shared by all who ask. */
const known = new WeakMap<VectorIndex, { totals: Promise<Totals>; until: number }>();

function totalsOf(index: VectorIndex): Promise<Totals> {
  const found = known.get(index);
  if (found !== undefined && performance.now() < found.until) return found.totals;
  const now = { totals: readTotals(index), until: Number.POSITIVE_INFINITY };
  known.set(index, now);
  now.totals.then(
    ({ spaces }) => {
      now.until = performance.now() + spaces / SPACES_PER_MS / MOST_OF_TIME;
    },
    () => known.delete(index),
  );
  return now.totals;
}

async function readTotals(index: VectorIndex): Promise<Totals> {
  const bytesBy = { vectors: 0, documents: 0, columns: 0, dictionaries: 0 };
  const totals = { pending: 0, spaces: 0, used: 0, graphs: 0, bytesBy, elsewhere: 0 };
  const slice = new Slice();
  for (const { name, live, pending, bytes, kind, ...parts } of await index.listFigures()) {
    totals.spaces++;
    totals.pending += pending;
    totals.used += bytes;
    if (kind === "graph") totals.graphs++;
    if (name !== SPACE && holdsPoints(name)) totals.elsewhere += live;
    bytesBy.vectors += bytes - parts.documentBytes - parts.columnBytes - parts.dictionaryBytes;
    bytesBy.documents += parts.documentBytes;
    bytesBy.columns += parts.columnBytes;
    bytesBy.dictionaries += parts.dictionaryBytes;
    if (slice.isOver) await slice.next();
  }
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
