/* Which routes of our own write points and explain? Bulk ingest, and which way a query takes. */
import { ingest } from "../points/ingest.ts";
import { planFor } from "../points/matching.ts";
import { queryBody, runExplained } from "../points/search.ts";
import { eventStream } from "../wire/event-stream.ts";
import { Refusal } from "../wire/refusals.ts";
import { collectionOf, type Route, route } from "./route.ts";

const PATH = "/v1/collections/{name}";

export const nativeRoutes: Route[] = [
  route({
    ...{
      method: "POST",
      path: `${PATH}/ingest`,
      summary: "Add or replace points, a line of JSON each",
      access: "write",
    },
    streams: ["application/x-ndjson", "application/jsonl", "application/json"],
    takes: ["from_line", "operation"],
    async run(call) {
      const collection = collectionOf(call);
      const { from_line = 1, operation } = call.query;
      if (operation === undefined) return await ingest(collection, call.stream, from_line);
      const progress = call.service.operations.begin(collection.name, operation);
      try {
        const ingested = await ingest(collection, call.stream, from_line, progress);
        progress.state = "done";
        return ingested;
      } catch (error) {
        progress.error = error instanceof Refusal ? error.message : "Service internal error";
        progress.state = "failed";
        throw error;
      }
    },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/operations/{id}`, summary: "How far an ingest is, as server-sent events" },
    access: "read",
    run({ service, params }) {
      const { name } = service.collections.get(params.name!);
      const progress = service.operations.of(name, params.id!);
      if (progress === undefined) throw new Refusal(404, `Not found: there is no operation "${params.id}"`);
      return eventStream(async () => ({ data: { ...progress }, isLast: progress.state !== "running" }));
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
];
