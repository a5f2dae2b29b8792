/* Which routes show what the server does, and what the caller may do? The dashboard is made of them. */
import { DEMO } from "../points/demo.ts";
import { LoopGap, liveOf } from "../points/live.ts";
import { mapOf } from "../points/map.ts";
import { pageOfSpaces } from "../points/spaces.ts";
import { eventStream } from "../wire/event-stream.ts";
import { Refusal } from "../wire/refusals.ts";
import { boolean, object, type Read } from "../wire/schema.ts";
import { may } from "../wire/tokens.ts";
import { type Call, collectionOf, type Route, route } from "./route.ts";

const gap = new LoopGap();

function live({ service, caller }: Call<unknown>, gapMs = 0) {
  const sees = (name: string) => may(caller, "read", name);
  const isRunning = sees(DEMO) && service.demo?.isRunning === true;
  return liveOf(service.collections, service.metrics, sees, gapMs, isRunning);
}

function events(call: Call<unknown>): Response {
  const watch = gap.watch();
  try {
    return eventStream(async () => ({ data: await live(call, watch.take()) }), watch.end);
  } catch (error) {
    watch.end();
    throw error;
  }
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
    run: ({ service, caller: { right, collections, spaces } }) => ({
      ...{
        right,
        collections: Object.fromEntries(collections),
        spaces,
        demo: service.demo !== null && right === "manage",
      },
    }),
  }),
  route({
    ...{ method: "POST", path: "/v1/demo", summary: "Start or end the demo's load", access: "manage" },
    ...{ body: demoBody, run: demo },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/spaces`, summary: "The spaces of a collection, by prefix and page" },
    ...{ access: "read", of: "spaces that the caller may see" },
    takes: ["prefix", "contains", "after", "skip", "limit", "sort", "down"],
    run(call) {
      const collection = collectionOf(call);
      return pageOfSpaces(collection, call.query, (space) => may(call.caller, "read", collection.name, space));
    },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/map`, summary: "A sample of the points in two dimensions", access: "read" },
    takes: ["sample", "field"],
    run: (call) => mapOf(collectionOf(call), call.query),
  }),
];
