/* Which routes show what the server does, and what the caller may do? The dashboard is made of them. */
import { DEMO } from "../points/demo.ts";
import { LoopGap, liveOf } from "../points/live.ts";
import { mapOf } from "../points/map.ts";
import { pageOfSpaces } from "../points/spaces.ts";
import { Refusal } from "../wire/refusals.ts";
import { boolean, object, type Read } from "../wire/schema.ts";
import { may } from "../wire/tokens.ts";
import { type Call, collectionOf, type Route, route } from "./route.ts";

const MOST_STREAMS = 64;
const EVENT_MS = 1000;

const gap = new LoopGap();
let streams = 0;

function live({ service, caller }: Call<unknown>, gapMs = 0) {
  const sees = (name: string) => may(caller, "read", name);
  const isRunning = sees(DEMO) && service.demo?.isRunning === true;
  return liveOf(service.collections, service.metrics, sees, gapMs, isRunning);
}

/** The figures once a second, until the client goes. A client that reads too slowly misses some. */
function events(call: Call<unknown>): Response {
  if (streams >= MOST_STREAMS) throw new Refusal(429, `Too many requests: ${MOST_STREAMS} event streams are open`);
  streams++;
  const watch = gap.watch();
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval>;
  let isOpen = true;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    streams--;
    clearInterval(timer);
    watch.end();
  };
  const send = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if ((controller.desiredSize ?? 0) <= 0) return;
    try {
      const event = encoder.encode(`data: ${JSON.stringify(await live(call, watch.take()))}\n\n`);
      if (isOpen) controller.enqueue(event);
    } catch {
      // The store is closed.
      if (isOpen) controller.close();
      end();
    }
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

const demoBody = object({ run: boolean });

async function demo({ service, body }: Call<Read<typeof demoBody>>) {
  if (service.demo === null) throw new Refusal(403, "Forbidden: this server was not started with `demo`");
  await (body.run ? service.demo.start() : service.demo.stop());
  return { running: service.demo.isRunning };
}

const PATH = "/v1/collections/{name}";
const shows = "what the caller may see";

export const liveRoutes: Route[] = [
  route({
    ...{ method: "GET", path: "/v1/stats", summary: "What the server does", access: "read", shows },
    run: (call) => live(call),
  }),
  route({
    ...{ method: "GET", path: "/v1/events", summary: "The same once a second, as server-sent events" },
    ...{ access: "read", shows, run: events },
  }),
  route({
    ...{ method: "GET", path: "/v1/session", summary: "What the caller may do", access: "read", shows },
    run: ({ service, caller: { right, collections } }) => ({
      ...{ right, collections: Object.fromEntries(collections), demo: service.demo !== null && right === "manage" },
    }),
  }),
  route({
    ...{ method: "POST", path: "/v1/demo", summary: "Start or end the demo's load", access: "manage" },
    ...{ body: demoBody, run: demo },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/spaces`, summary: "The spaces of a collection, by prefix and page" },
    access: "read",
    run: (call) => pageOfSpaces(collectionOf(call), call.query),
  }),
  route({
    ...{ method: "GET", path: `${PATH}/map`, summary: "A sample of the points in two dimensions", access: "read" },
    run: (call) => mapOf(collectionOf(call), call.query),
  }),
];
