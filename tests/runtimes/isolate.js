/* An isolate runs this: one case of the conformance suite per request, which also tests what outlives a request. */
import { open } from "hnsw-workers";
import core from "hnsw-workers/core.wasm";
import { openSearch } from "hnsw-workers/search";
import { run } from "./conformance.js";

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const only = decodeURIComponent(pathname.slice(1));
    const filters = Number(searchParams.get("filters")) || undefined;
    const arriving = new Uint8Array(await request.arrayBuffer());
    return Response.json(await run({ open, openSearch, core, workers: 0, partitions: 2, filters, arriving, only }));
  },
};
