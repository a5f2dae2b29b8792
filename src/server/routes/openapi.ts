/* What does the table of routes look like as an OpenAPI document? */
import { conditionDefinition, filter } from "../points/filter.ts";
import type { Route } from "./route.ts";

export function openApiOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, summary, access, body, streams, query } of routes) {
    const parameters = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => {
      return { name, in: "path", required: true, schema: { type: "string" } };
    });
    const { properties } = query.shape as { properties: Record<string, object> };
    const behind = Object.entries(properties)
      .filter(([name]) => name !== "wait" || access === "write")
      .map(([name, schema]) => ({ name, in: "query", required: false, schema }));
    const content = streams
      ? { [streams[0]]: { schema: { type: "string", format: "binary" } } }
      : { "application/json": { schema: body?.shape } };
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      summary,
      parameters: [...parameters, ...behind],
      ...(body === undefined && !streams ? {} : { requestBody: { required: true, content } }),
      responses: RESPONSES,
      ...(access === "open" ? { security: [] } : {}),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "hnsw-workers", version: "1", description: "A part of Qdrant's REST." },
    security: [{ key: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: { Filter: filter.definition(), Condition: conditionDefinition() },
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "api-key" },
        bearer: { type: "http", scheme: "bearer" },
      },
    },
  };
}

const envelope = { type: "object", properties: { status: {}, time: { type: "number" }, result: {} } };
const RESPONSES = {
  200: { description: "Done", content: { "application/json": { schema: envelope } } },
  "4XX": { description: "Refused: `status.error` says why", content: { "application/json": { schema: envelope } } },
};
