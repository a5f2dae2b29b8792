/* Which route tells Prometheus of the server? Names of Qdrant where they mean the same. */
import type { VectorIndex } from "../../api/vector-index.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { LATENCY_BOUNDS_MS } from "../../values/latencies.ts";
import type { SpaceStats } from "../../values/reports.ts";
import { liveOf, unlessClosed } from "../points/live.ts";
import { type Buckets, histogram, labels, metric } from "../wire/metrics.ts";
import { type Call, type Route, route } from "./route.ts";
import { QDRANT_VERSION } from "./service.ts";

async function text({ service }: Call<unknown>): Promise<string> {
  const { collections, metrics } = service;
  const { collections: open } = await liveOf(collections, metrics, () => true);
  type Open = (typeof open)[number];
  const of = (value: (one: Open) => number) =>
    open.map((one): [string, number] => [labels({ collection: one.name }), value(one)]);
  const each = (value: (worker: Open["workers"][number]) => number) =>
    open.flatMap(({ name, workers }) =>
      workers.map((one): [string, number] => [labels({ collection: name, worker: `${one.worker}` }), value(one)]),
    );
  const journals = open.flatMap(({ name, journal }) =>
    journal === null ? [] : [{ of: labels({ collection: name }), journal }],
  );
  const indexes = await collections.store.openNow();
  return [
    ...metric("app_info", "gauge", "The interface that is served", [
      [labels({ name: "hnsw-workers", version: QDRANT_VERSION }), 1],
    ]),
    ...metric("collections_total", "gauge", "Collections", [["", collections.store.list().length]]),
    ...metric(
      "collection_points",
      "gauge",
      "Points of open collections",
      of(({ points }) => points),
    ),
    ...metric("rest_responses_total", "counter", "Responses", [...metrics.responses]),
    ...histogram("rest_responses_duration_seconds", "How long responses took", metrics.durations),
    ...metric(
      "hnsw_workers_pending",
      "gauge",
      "Points that are not linked yet",
      of(({ pending }) => pending),
    ),
    ...metric(
      "hnsw_workers_spaces",
      "gauge",
      "Spaces",
      of(({ spaces }) => spaces),
    ),
    ...metric(
      "hnsw_workers_bytes_used",
      "gauge",
      "Bytes in use",
      of(({ bytes }) => bytes.used),
    ),
    ...metric(
      "hnsw_workers_bytes_reserved",
      "gauge",
      "Bytes of memories",
      of(({ bytes }) => bytes.reserved),
    ),
    ...metric(
      "hnsw_workers_space_bytes",
      "gauge",
      "Bytes that spaces take, by what is in them",
      open.flatMap(({ name, bytesBy }) =>
        Object.entries(bytesBy).map(([kind, bytes]): [string, number] => [labels({ collection: name, kind }), bytes]),
      ),
    ),
    ...metric(
      "hnsw_workers_queue_depth",
      "gauge",
      "Ops that wait for a worker",
      each(({ queueDepth }) => queueDepth),
    ),
    ...metric(
      "hnsw_workers_linked_total",
      "counter",
      "Ops linked",
      each(({ linked }) => linked),
    ),
    ...metric(
      "hnsw_workers_batches_total",
      "counter",
      "Batches claimed",
      each(({ batches }) => batches),
    ),
    ...metric(
      "hnsw_workers_steals_total",
      "counter",
      "Times that work was taken from another worker",
      each(({ steals }) => steals),
    ),
    ...metric(
      "hnsw_workers_stolen_total",
      "counter",
      "Ops taken so",
      each(({ stolen }) => stolen),
    ),
    ...metric(
      "hnsw_workers_busy_ratio",
      "gauge",
      "Share of the time since opening",
      each(({ busy }) => busy),
    ),
    ...metric(
      "hnsw_workers_commits_total",
      "counter",
      "Commits of the journal",
      journals.map(({ of, journal }) => [of, journal.groups]),
    ),
    ...latencies(indexes),
    ...(service.spaceMetrics ? await ofSpaces(indexes) : []),
    ...metric("hnsw_workers_failed_writes_total", "counter", "Writes that were acknowledged and failed later", [
      ["", collections.failures],
    ]),
    "",
  ].join("\n");
}

const LATENCIES = {
  accept: "From a write to its acceptance",
  link: "Linking a vector",
  commit: "A commit of the journal",
  search: "A search of a space",
} as const;

type Figures = Pick<SpaceStats, "live" | "pending" | "bytes">;

const OF_SPACES = {
  hnsw_workers_space_entries: ["Entries of a space", ({ live }: Figures) => live],
  hnsw_workers_space_pending: ["Entries of a space that are not linked yet", ({ pending }: Figures) => pending],
  hnsw_workers_space_total_bytes: ["Bytes that a space takes", ({ bytes }: Figures) => bytes],
} as const;

/** Of open collections. There may be many: in slices. */
async function ofSpaces(open: readonly { name: string; index: VectorIndex }[]): Promise<string[]> {
  const slice = new Slice();
  const found: [of: string, stats: Figures][] = [];
  for (const { name, index } of open) {
    for (const stats of (await unlessClosed(() => index.listFigures())) ?? []) {
      found.push([labels({ collection: name, space: stats.name }), stats]);
      if (slice.isOver) await slice.next();
    }
  }
  const lines: string[] = [];
  for (const [name, [help, value]] of Object.entries(OF_SPACES)) {
    const samples = found.map(([of, stats]): [string, number] => [of, value(stats)]);
    for (const line of metric(name, "gauge", help, samples)) lines.push(line);
    if (slice.isOver) await slice.next();
  }
  return lines;
}

/** Of open collections. */
function latencies(open: readonly { name: string; index: VectorIndex }[]): string[] {
  const found = open.map(({ name, index }) => ({ of: labels({ collection: name }), latency: index.stats().latency }));
  return Object.entries(LATENCIES).flatMap(([kind, help]) => {
    const samples = found.flatMap(({ of, latency }): [string, Buckets][] => {
      const one = latency[kind as keyof typeof LATENCIES];
      return one === null ? [] : [[of, { counts: one.buckets, sum: one.meanMs * one.count }]];
    });
    return histogram(`hnsw_workers_${kind}_seconds`, help, new Map(samples), LATENCY_BOUNDS_MS);
  });
}

export const metricRoutes: Route[] = [
  route({
    ...{ method: "GET", path: "/metrics", summary: "Figures as Prometheus reads them", access: "read" },
    run: async (call) => new Response(await text(call), { headers: { "content-type": "text/plain; version=0.0.4" } }),
  }),
];
