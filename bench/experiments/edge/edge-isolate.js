// The same in an isolate, which is timed from outside: its own clock stands still while it computes.

import * as whole from "hnsw-workers";
import core from "hnsw-workers/core.wasm";
import * as part from "hnsw-workers/search";
import { opened, search } from "./edge.js";
import snapshot from "./snapshot.bin";

const indexes = new Map();

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const index = indexes.get(pathname) ?? (await opened(pathname === "/search" ? part : whole, snapshot, { core }));
    indexes.set(pathname, index);
    await search(index, Number(searchParams.get("searches")));
    return new Response("done");
  },
};
