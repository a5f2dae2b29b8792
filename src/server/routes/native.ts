/* Which routes of our own are there, for what Qdrant lacks? Bulk ingest, spaces, explanations, a map, live figures. */
import { inSlices } from "../../runtime/event-loop.ts";
import { payloadOf } from "../points/documents.ts";
import { ingest } from "../points/ingest.ts";
import { LoopGap, liveOf } from "../points/live.ts";
import { planFor } from "../points/matching.ts";
import { readPath, valuesAt } from "../points/paths.ts";
import { project } from "../points/projection.ts";
import { queryBody, runExplained } from "../points/search.ts";
import { Refusal } from "../wire/refusals.ts";
import { may } from "../wire/tokens.ts";
import { type Call, collectionOf, type Route, route } from "./route.ts";

const PATH = "/v1/collections/{name}";
const MOST_SAMPLE = 20_000;
const MOST_SPACES = 1000;
const MOST_STREAMS = 64;
const EVENT_MS = 1000;

const gap = new LoopGap();
let streams = 0;

const sees =
  ({ caller }: Call<unknown>) =>
  (name: string) =>
    may(caller, "read", name);

function live(call: Call<unknown>) {
  return liveOf(call.service.collections, call.service.metrics, sees(call), gap.take());
}

/** The figures once a second, until the client goes. A client that reads too slowly misses some. */
function events(call: Call<unknown>): Response {
  if (streams >= MOST_STREAMS) throw new Refusal(429, `Too many requests: ${MOST_STREAMS} event streams are open`);
  streams++;
  const unwatch = gap.watch();
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval>;
  const send = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if ((controller.desiredSize ?? 0) <= 0) return;
    try {
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(await live(call))}\n\n`));
    } catch {
      end(); // the store is closed, or the client is gone
      controller.error();
    }
  };
  let isOpen = true;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    streams--;
    clearInterval(timer);
    unwatch();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        timer = setInterval(() => void send(controller), EVENT_MS);
        await send(controller);
      },
      cancel: end,
    },
    { highWaterMark: 4 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

async function map(call: Call<unknown>) {
  const { sample = 2000, field } = call.query;
  const collection = collectionOf(call);
  const path = field === undefined ? null : readPath(field);
  return await collection.use(async (space) => {
    const every = Math.max(1, Math.ceil(space.size / Math.min(Math.max(sample, 1), MOST_SAMPLE)));
    const keys = (await space.keys()).filter((_, i) => i % every === 0);
    const found = await space.getMany(keys, { include: path === null ? ["vector"] : ["vector", "metadata"] });
    const entries = found.filter((entry) => entry?.vector !== undefined);
    const places = await inSlices(project(entries.map((entry) => entry!.vector as Float32Array)));
    return entries.map((entry, i) => {
      const value =
        path === null ? undefined : valuesAt(payloadOf((entry as { metadata?: unknown }).metadata), path).flat()[0];
      return { id: entry!.key, ...places[i]!, value };
    });
  });
}

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The points as an export: what `openSearch` opens in a browser. The index stays open until the client has it, or goes. */
async function exported(call: Call<unknown>): Promise<Response> {
  const collection = collectionOf(call);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const reader = await new Promise<Reader>((resolve, reject) => {
    const used = collection.use((space, index) => {
      resolve(index.export([space.name]).getReader() as Reader);
      return ended;
    });
    used.catch(reject);
  });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value!);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      end();
    },
    async cancel() {
      await reader.cancel();
      end();
    },
  });
  return new Response(body, { headers: { "content-type": "application/octet-stream" } });
}

async function spaces(call: Call<unknown>) {
  const { prefix = "", after, limit = 100 } = call.query;
  const found = await collectionOf(call).use((_, index) => index.stats().spaces);
  const named = found.filter(({ name }) => name.startsWith(prefix) && (after === undefined || name > after));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  const most = Math.min(Math.max(limit, 1), MOST_SPACES);
  return { spaces: named.slice(0, most), next: named.length > most ? named[most - 1]!.name : null };
}

export const nativeRoutes: Route[] = [
  route({
    ...{
      method: "POST",
      path: `${PATH}/ingest`,
      summary: "Add or replace points, a line of JSON each",
      access: "write",
    },
    streams: true,
    async run(call) {
      const collection = collectionOf(call);
      const { from_line = 1 } = call.query;
      return await ingest(collection, call.stream, from_line);
    },
  }),
  route({
    ...{ method: "POST", path: `${PATH}/explain`, summary: "Which way a query takes", access: "read", body: queryBody },
    async run(call) {
      const collection = collectionOf(call);
      const { where = null, exact } = planFor(collection, call.body.filter);
      return { plan: { where, exact }, ...(await runExplained(collection, call.body)) };
    },
  }),
  route({
    ...{
      method: "GET",
      path: `${PATH}/spaces`,
      summary: "The spaces of a collection, by prefix and page",
      access: "read",
    },
    run: spaces,
  }),
  route({
    ...{ method: "GET", path: `${PATH}/map`, summary: "A sample of the points in two dimensions", access: "read" },
    run: map,
  }),
  route({
    ...{ method: "GET", path: `${PATH}/export`, summary: "The points as an export of the package", access: "read" },
    run: exported,
  }),
  route({
    ...{ method: "GET", path: "/v1/stats", summary: "What the server does", access: "read" },
    shows: "what the caller may see",
    run: live,
  }),
  route({
    ...{ method: "GET", path: "/v1/events", summary: "The same once a second, as server-sent events", access: "read" },
    shows: "what the caller may see",
    run: events,
  }),
];
