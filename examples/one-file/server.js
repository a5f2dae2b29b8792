/*
 * How does a server become one file, with its workers and WebAssembly inside? In a project that has the package:
 *
 *   bun build --compile server.js --outfile foods
 *
 * With FOLDER set, the index is kept in that folder.
 *
 *   PUT /:key   body: JSON array of 3 numbers
 *   POST /      body: the same; returns the nearest
 */
import { open } from "hnsw-workers";

const index = await open({ dimensions: 3, workers: 2, path: process.env.FOLDER });
const space = index.space("all");

const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      await space.add(decodeURIComponent(pathname.slice(1)), await request.json());
      return new Response(null, { status: 204 });
    }
    if (request.method === "POST") return Response.json(await space.search(await request.json()));
    return Response.json(index.stats().workers);
  },
});
console.log(`listening on ${server.port}`);
