/* What do the workers of a collection do, now and over the last minutes? Queues, batches, steals, shares of time, rates. */
import { useState } from "preact/hooks";
import type { Live } from "../../src/server/wire/live.ts";
import { duration, milliseconds, percent, short } from "../data/format.ts";
import type { Feed } from "../data/live.ts";
import { acceptedBy, collectionIn, latencies, linkedBy, ratesOf, sum } from "../data/rates.ts";
import type { Session } from "../data/server.ts";
import { Chart } from "../parts/chart.tsx";
import { Choice, Hint, Tile, Tiles } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { DemoButton } from "./demo.tsx";
import { Steals } from "./steals.tsx";

const LATENCY_SECONDS = 10; // that percentiles look back

export function SchedulerPage({ feed: { events }, session }: { feed: Feed; session: Session }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const latest = events.at(-1);
  if (latest === undefined) return <Hint>Waiting for the first figures …</Hint>;
  const names = latest.collections.map(({ name }) => name);
  const name = chosen !== null && names.includes(chosen) ? chosen : busiest(latest);
  return (
    <>
      <h1>Scheduler</h1>
      {session.demo && <DemoButton isRunning={latest.demo} />}
      <ServerFigures events={events} latest={latest} />
      {name === null ? (
        <Hint>No collection is open. One is opened when it is used.</Hint>
      ) : (
        <>
          <Choice label="Collection" value={name} of={names} onChange={setChosen} />
          <Workers events={events} name={name} />
        </>
      )}
    </>
  );
}

/** The collection with most to do. */
function busiest({ collections }: Live): string | null {
  const [first] = [...collections].sort((a, b) => b.pending - a.pending || b.points - a.points);
  return first?.name ?? null;
}

function ServerFigures({ events, latest }: { events: readonly Live[]; latest: Live }) {
  const times = events.map(({ at }) => at / 1000);
  const p = (kind: keyof Live["requests"], share: number) => latencies(events, kind, share, LATENCY_SECONDS);
  const series = [
    { name: "search p50", values: p("search", 0.5) },
    { name: "search p99", values: p("search", 0.99) },
    { name: "write p50", values: p("write", 0.5) },
    { name: "write p99", values: p("write", 0.99) },
  ];
  const requests = ratesOf(events, ({ requests }) => sum(Object.values(requests).map(sum))).at(-1);
  return (
    <section aria-label="Server">
      <Tiles>
        <Tile name="Requests" value={`${short(requests)}/s`} />
        <Tile name="Search p99" value={milliseconds(series[1]!.values.at(-1))} note="of the last 10 s" />
        <Tile name="Write p99" value={milliseconds(series[3]!.values.at(-1))} note="of the last 10 s" />
        <Tile
          name="Longest gap"
          value={milliseconds(Math.max(...events.map(({ gapMs }) => gapMs)))}
          note="of the event loop, shown minutes"
        />
        <Tile name="Running for" value={duration(latest.uptimeMs)} />
      </Tiles>
      <div class="charts">
        <Chart title="Latency of requests" unit=" ms" times={times} series={series} />
        <Chart
          title="Longest gap of the event loop"
          unit=" ms"
          times={times}
          series={[{ name: "gap", values: events.map(({ gapMs }) => gapMs) }]}
        />
      </div>
    </section>
  );
}

interface Row {
  worker: number;
  state: string;
  queue: number;
  busy: number | null;
  linked: number | null;
  batch: number;
  meanBatch: number;
  steals: number;
  stolen: number;
  restarts: number;
}

const COLUMNS: Column<Row>[] = [
  { name: "Worker", show: ({ worker }) => worker, by: ({ worker }) => worker },
  { name: "State", show: ({ state }) => state, by: ({ state }) => state },
  { name: "Queue", show: ({ queue }) => short(queue), by: ({ queue }) => queue, isNumber: true },
  { name: "Busy", show: ({ busy }) => percent(busy), by: ({ busy }) => busy ?? -1, isNumber: true },
  { name: "Linked/s", show: ({ linked }) => short(linked), by: ({ linked }) => linked ?? -1, isNumber: true },
  { name: "Last batch", show: ({ batch }) => short(batch), by: ({ batch }) => batch, isNumber: true },
  { name: "Mean batch", show: ({ meanBatch }) => short(meanBatch), by: ({ meanBatch }) => meanBatch, isNumber: true },
  { name: "Steals", show: ({ steals }) => short(steals), by: ({ steals }) => steals, isNumber: true },
  { name: "Ops stolen", show: ({ stolen }) => short(stolen), by: ({ stolen }) => stolen, isNumber: true },
  { name: "Restarts", show: ({ restarts }) => short(restarts), by: ({ restarts }) => restarts, isNumber: true },
];

function Workers({ events, name }: { events: readonly Live[]; name: string }) {
  const times = events.map(({ at }) => at / 1000);
  const workers = collectionIn(events.at(-1), name)!.workers;
  const rates = {
    accepted: ratesOf(events, (event) => acceptedBy(collectionIn(event, name))),
    linked: ratesOf(events, (event) => linkedBy(collectionIn(event, name))),
  };
  const each = workers.map(({ worker }) => {
    const of = (event: Live) => collectionIn(event, name)?.workers[worker];
    return {
      name: `worker ${worker}`,
      depths: events.map((event) => of(event)?.queueDepth ?? null),
      batches: events.map((event) => of(event)?.lastBatch ?? null),
      busy: ratesOf(events, (event) => of(event)?.busyMs).map((ms) => ms && Math.min(1, ms / 1000)),
      linked: ratesOf(events, (event) => of(event)?.linked),
    };
  });
  const rows = workers.map(
    ({ worker, alive, queueDepth, lastBatch, meanBatch, steals, stolen, restarts }, i): Row => ({
      ...{ worker, state: alive ? "runs" : "ended", queue: queueDepth, batch: lastBatch, meanBatch },
      ...{ steals, stolen, restarts, busy: each[i]!.busy.at(-1) ?? null, linked: each[i]!.linked.at(-1) ?? null },
    }),
  );
  const chart = (of: (one: (typeof each)[number]) => (number | null)[]) =>
    each.map((one) => ({ name: one.name, values: of(one) }));
  const shares = each.map(({ name, busy }) => ({ name, values: busy.map((one) => one && one * 100) }));
  return (
    <>
      <Table caption="Workers" columns={COLUMNS} rows={rows} keyOf={({ worker }) => `${worker}`} />
      <div class="charts">
        <Chart title="Queue depth" unit=" ops" times={times} series={chart(({ depths }) => depths)} />
        <Chart title="Busy" unit=" %" times={times} series={shares} most={100} />
        <Chart
          title="Ops per second"
          unit="/s"
          times={times}
          series={[
            { name: "accepted", values: rates.accepted },
            { name: "linked", values: rates.linked },
          ]}
        />
        <Chart title="Last batch" unit=" ops" times={times} series={chart(({ batches }) => batches)} />
      </div>
      <Steals workers={workers} />
    </>
  );
}
