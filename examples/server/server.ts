/*
 * How does a Bun server take in and search vectors per tenant? One index, one space per tenant.
 *
 *   PUT    /tenants/:tenant/vectors/:key   body: JSON array of numbers
 *   POST   /tenants/:tenant/vectors        body: { "keys": […], "vectors": [[…], …] }
 *   POST   /tenants/:tenant/search         body: { "vector": […], "k": 10 }
 *   DELETE /tenants/:tenant/vectors/:key
 *   GET    /stats
 */
import { HnswError, type HnswErrorCode, open } from "../../src/index.ts"; // in your project: from "hnsw-workers"

const STATUS: Partial<Record<HnswErrorCode, number>> = {
  ...{ OUT_OF_MEMORY: 507, TIMEOUT: 503, CLOSED: 503, SPACE_DROPPED: 409 },
  ...{ INTERNAL: 500, DAMAGED: 500 },
};

/** Starts the server; `stop` ends it and the index. */
export async function serve(dimensions: number, port: number) {
  const index = await open({ dimensions });

  const server = Bun.serve({
    port,
    routes: {
      "/tenants/:tenant/vectors/:key": {
        PUT: async (request) => {
          const { tenant, key } = request.params;
          await index.space(tenant).add(key, (await request.json()) as number[]);
          return new Response(null, { status: 204 });
        },
        DELETE: async (request) => {
          const { tenant, key } = request.params;
          const found = await index.space(tenant).delete(key);
          return new Response(null, { status: found ? 204 : 404 });
        },
      },
      "/tenants/:tenant/vectors": {
        POST: async (request) => {
          const { keys, vectors } = (await request.json()) as { keys: string[]; vectors: number[][] };
          await index.space(request.params.tenant).addMany(keys, vectors);
          return Response.json({ accepted: keys.length });
        },
      },
      "/tenants/:tenant/search": {
        POST: async (request) => {
          const { vector, k } = (await request.json()) as { vector: number[]; k?: number };
          return Response.json(await index.space(request.params.tenant).search(vector, { k: k ?? 10 }));
        },
      },
      "/stats": () => Response.json(index.stats()),
    },
    // Every refusal has a stable code: 400 for the caller's mistakes, unless STATUS says otherwise.
    error(error) {
      if (error instanceof SyntaxError) return new Response("the body is not JSON", { status: 400 });
      if (!(error instanceof HnswError)) return new Response("internal error", { status: 500 });
      const status = STATUS[error.code] ?? 400;
      return Response.json({ code: error.code, message: error.message }, { status });
    },
  });

  return {
    url: server.url,
    stop: async () => {
      await server.stop(true);
      await index.close();
    },
  };
}

if (import.meta.main) {
  const { url } = await serve(384, 3000);
  console.log(`listening at ${url}`);
}
