/* Which routes say what the server is and how it is? */
import { openApiOf } from "./openapi.ts";
import { type Route, route, seenBy } from "./route.ts";

/** The version of Qdrant's interface that clients find: they warn when it is far from their own. */
export const QDRANT_VERSION = "1.19.0";

const plain = (text: string) => () => new Response(text, { headers: { "content-type": "text/plain; charset=utf-8" } });

export const serviceRoutes: Route[] = [
  route({
    ...{ method: "GET", path: "/", summary: "Name and version", access: "open" },
    run: () => Response.json({ title: "hnsw-workers, a part of Qdrant's REST", version: QDRANT_VERSION }),
  }),
  ...["healthz", "livez"].map((name) =>
    route({
      ...{ method: "GET", path: `/${name}`, summary: "Whether the process runs", access: "open" },
      run: plain(`${name} check passed`),
    }),
  ),
  route({
    ...{ method: "GET", path: "/readyz", summary: "Whether requests are taken", access: "open" },
    run: plain("all shards are ready"),
  }),
  route({
    ...{ method: "GET", path: "/telemetry", summary: "What runs here", access: "read" },
    ...{ shows: "what the caller may see", takes: ["anonymize", "details_level"] },
    run: ({ service, ...call }) => ({
      id: service.id,
      app: { name: "hnsw-workers", version: QDRANT_VERSION },
      collections: { number_of_collections: seenBy({ service, ...call }).length },
    }),
  }),
  route({
    ...{ method: "GET", path: "/cluster", summary: "That it is no cluster", access: "read" },
    shows: "what the caller may see",
    run: () => ({ status: "disabled" }),
  }),
  route({
    ...{ method: "GET", path: "/openapi.json", summary: "This table as an OpenAPI document", access: "read" },
    shows: "what the caller may see",
    run: ({ service }) => Response.json(openApiOf(service.routes)),
  }),
];
