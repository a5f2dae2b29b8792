/* Which routes write and read points? */

import type { Collection } from "../points/collection.ts";
import { idInPath } from "../points/ids.ts";
import { matrixBody, offsetsOf, pairsOf } from "../points/matrix.ts";
import {
  count,
  countBody,
  facet,
  facetBody,
  retrieve,
  retrieveBody,
  retrieveOne,
  scroll,
  scrollBody,
} from "../points/reads.ts";
import {
  groupsBody,
  queryBatchBody,
  queryBody,
  runGroups,
  runQuery,
  runSearch,
  searchBatchBody,
  searchBody,
} from "../points/search.ts";
import {
  clearPayload,
  deleteBody,
  deletePayload,
  deleteVectors,
  deleteVectorsBody,
  keysBody,
  operationsBody,
  overwriteBody,
  overwritePayload,
  payloadBody,
  remove,
  setPayload,
  updateVectors,
  upsert,
  upsertBody,
  vectorsBody,
  type Write,
  writesOf,
} from "../points/writes.ts";
import { wrongInput } from "../wire/refusals.ts";
import type { Schema } from "../wire/schema.ts";
import { type Call, collectionOf, type Route, route } from "./route.ts";

const POINTS = "/collections/{name}/points";

/** Does writes in order; the response waits for them if it is to. */
async function written(call: Call<unknown>, collection: Collection, writes: readonly Write[]) {
  for (const write of writes) await write.prepare?.();
  const done = Promise.all(writes.map((write) => write()));
  call.hold(done.catch(() => {}));
  const results = () => writes.map(() => ({ operation_id: collection.operations, status }));
  const status = call.query.wait === true ? "completed" : "acknowledged";
  if (call.query.wait === true) await done;
  else done.catch(() => collection.failures++);
  return results();
}

function write<B>(
  method: Route["method"],
  path: string,
  summary: string,
  body: Schema<B>,
  writeOf: (collection: Collection, body: B) => Write,
): Route {
  return route<B>({
    ...{ method, path: POINTS + path, summary, access: "write", body },
    async run(call) {
      const collection = collectionOf(call);
      const [result] = await written(call, collection, [writeOf(collection, call.body)]);
      return result;
    },
  });
}

function read<B>(
  path: string,
  summary: string,
  body: Schema<B>,
  run: (collection: Collection, body: B) => Promise<unknown>,
): Route {
  const about = { method: "POST", path: POINTS + path, summary, access: "read", body } as const;
  return route<B>({ ...about, run: (call) => run(collectionOf(call), call.body) });
}

export const pointRoutes: Route[] = [
  write("PUT", "", "Add or replace points", upsertBody, upsert),
  write("POST", "/delete", "Delete points by id or filter", deleteBody, remove),
  write("POST", "/payload", "Merge properties into payloads", payloadBody, setPayload),
  write("PUT", "/payload", "Replace payloads", overwriteBody, overwritePayload),
  write("POST", "/payload/delete", "Remove properties of payloads", keysBody, deletePayload),
  write("POST", "/payload/clear", "Empty payloads", deleteBody, clearPayload),
  write("PUT", "/vectors", "Replace vectors", vectorsBody, updateVectors),
  write("POST", "/vectors/delete", "Remove vectors, keep payloads", deleteVectorsBody, deleteVectors),
  route({
    ...{ method: "POST", path: `${POINTS}/batch`, summary: "Several writes in order", access: "write" },
    body: operationsBody,
    run(call) {
      const collection = collectionOf(call);
      return written(call, collection, writesOf(collection, call.body.operations));
    },
  }),
  read("", "Points by their ids", retrieveBody, retrieve),
  route({
    ...{ method: "GET", path: `${POINTS}/{id}`, summary: "One point", access: "read" },
    run(call) {
      const id = idInPath(call.params.id!);
      if (id === null) throw wrongInput(`"${call.params.id}" is no id of a point`);
      return retrieveOne(collectionOf(call), id);
    },
  }),
  read("/scroll", "Points page by page, in the order of their ids or of a field", scrollBody, scroll),
  read("/count", "How many points pass a filter", countBody, count),
  read("/query", "The points nearest to a vector or a point", queryBody, runQuery),
  read("/query/batch", "Several queries", queryBatchBody, (collection, { searches }) =>
    Promise.all(searches.map((one) => runQuery(collection, one))),
  ),
  read("/query/groups", "The nearest points in groups by a field", groupsBody, runGroups),
  read("/search", "The points nearest to a vector, as clients before 1.10 ask", searchBody, (collection, body) =>
    runSearch(collection, body.vector, body),
  ),
  read("/search/batch", "Several of these", searchBatchBody, (collection, { searches }) =>
    Promise.all(searches.map((one) => runSearch(collection, one.vector, one))),
  ),
  read("/search/matrix/pairs", "Which points of a sample are near to which", matrixBody, pairsOf),
  read("/search/matrix/offsets", "The same as places in the list of their ids", matrixBody, offsetsOf),
  route({
    ...{ method: "POST", path: "/collections/{name}/facet", summary: "The most frequent values of a field" },
    ...{ access: "read", body: facetBody },
    run: (call) => facet(collectionOf(call), call.body),
  }),
];
