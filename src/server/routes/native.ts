/* Which routes of our own write, explain and export? Bulk ingest, which way a query takes, and the points as an export. */
import { ingest } from "../points/ingest.ts";
import { planFor } from "../points/matching.ts";
import { queryBody, runExplained } from "../points/search.ts";
import { type Call, collectionOf, type Route, route } from "./route.ts";

const PATH = "/v1/collections/{name}";

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The points as an export: what `openSearch` opens in a browser. The index stays open until the client has it, or goes. */
async function exported(call: Call<unknown>): Promise<Response> {
  const collection = collectionOf(call);
  const names = await collection.read(undefined, (points) => points.names);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const reader = await new Promise<Reader>((resolve, reject) => {
    const used = collection.use((_, index) => {
      resolve(index.export(names).getReader() as Reader);
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
    ...{ method: "GET", path: `${PATH}/export`, summary: "The points as an export of the package", access: "read" },
    run: exported,
  }),
];
