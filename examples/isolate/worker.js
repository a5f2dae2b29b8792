/*
 * How does a program search on an isolate platform? It has no threads and no files: the core and the snapshot are modules,
 * uploaded with it.
 *
 *   GET /?q=banana   → [{ key, distance }, …]
 */

import core from "hnsw-workers/core.wasm";
import { openSearch } from "hnsw-workers/search";
import { embed } from "../foods/trigrams.js";
import snapshot from "./foods.bin";

let opened; // by the first request, and kept while the isolate lives

export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams.get("q");
    if (query === null) return new Response("ask with ?q=", { status: 400 });
    opened ??= openSearch({ from: snapshot, core });
    const index = await opened;
    return Response.json(await index.space("foods").search(embed(query), { k: 5 }));
  },
};
