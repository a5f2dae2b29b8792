/* Which routes offer the spaces of an index as the package does: entries with keys, vectors and documents, fields, exports? */
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import type { FieldType } from "../../documents/fields.ts";
import { ensureField } from "../../store/ensure-field.ts";
import { HIDDEN } from "../points/indexes.ts";
import {
  addBody,
  countBody,
  deleteBody,
  facetsBody,
  fieldsBody,
  getBody,
  pageBody,
  searchBody,
  updateBody,
} from "../spaces/bodies.ts";
import { add, count, facets, get, page, remove, search, update } from "../spaces/entries.ts";
import { isOurs, notOurs } from "../spaces/names.ts";
import { exported, imported } from "../spaces/transfer.ts";
import { isRecord } from "../wire/json.ts";
import { badFormat, Refusal, wrongInput } from "../wire/refusals.ts";
import { anything, boolean, integer, maybe, object, oneOf, type Read, type Schema } from "../wire/schema.ts";
import { may } from "../wire/tokens.ts";
import { type Call, collectionOf, type Route, route, seenBy } from "./route.ts";

const COLLECTIONS = "/v1/collections";
const PATH = `${COLLECTIONS}/{name}`;

/** The index of the collection that is named, open until `work` is done. */
function withIndex<T>({ service, params }: Call<unknown>, work: (index: VectorIndex) => Promise<T> | T): Promise<T> {
  return service.collections.store.use(service.collections.get(params.name!).name, work);
}

function spaceOf(call: Call<unknown>): string {
  const { space } = call.query;
  if (space === undefined) throw wrongInput("name a space by `?space=`");
  return space;
}

function entries<B>(
  path: string,
  summary: string,
  access: "read" | "write",
  body: Schema<B>,
  run: (space: Space, body: B) => Promise<unknown>,
): Route {
  return route<B>({
    ...{ method: "POST", path: PATH + path, summary, access, body, of: "a space", takes: ["space"] },
    async run(call) {
      const name = spaceOf(call);
      if (access === "write") notOurs(name);
      const done = withIndex(call, (index) => run(index.space(name), call.body));
      call.hold(done.catch(() => {}));
      return await done;
    },
  });
}

const nothing = object({});
const metric = maybe(oneOf("cosine", "l2", "dot"));
const createBody = object({
  ...{ dimensions: integer(1, 4096), metric, shared: maybe(boolean) },
  ...{ note: maybe(anything), fields: maybe(anything) },
});

async function create({ service, params, body }: Call<Read<typeof createBody>>) {
  const { dimensions, metric, shared, note, fields } = body;
  const { store } = service.collections;
  await store.create(params.name!, { dimensions, metric, shared, note: noteOf(note) });
  if (fields !== undefined) await store.use(params.name!, (index) => addFields(index, fields));
  return infoOf(service.collections.store, params.name!);
}

/** Beside what the server keeps there. */
function noteOf(note: unknown): object {
  if (note !== undefined && !isRecord(note)) throw wrongInput("`note` must be an object");
  if (note !== undefined && "server" in note) throw wrongInput("`note` must not have a property `server`");
  return { ...note, server: { made: crypto.randomUUID() } };
}

function infoOf(store: Call<unknown>["service"]["collections"]["store"], name: string) {
  const { note, ...info } = store.info(name);
  const { server: _, ...others } = (note ?? {}) as Record<string, unknown>;
  return { ...info, note: Object.keys(others).length === 0 ? null : others };
}

async function addFields(index: VectorIndex, fields: unknown): Promise<void> {
  if (!isRecord(fields)) throw badFormat('`fields` must be such as {"lang": "keyword"}');
  for (const [name, type] of Object.entries(fields)) {
    if (name.startsWith(HIDDEN)) throw wrongInput(`a field must not begin with "${HIDDEN}"`);
    if (!Object.hasOwn(index.fields, name)) await ensureField(index, name, type as FieldType);
    else if (index.fields[name]!.type !== type) throw wrongInput(`the field "${name}" has another type`);
  }
}

const ownFields = ({ fields }: VectorIndex) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !name.startsWith(HIDDEN)));

/** Several spaces at once: each must be one that the caller may read. */
async function searched(call: Call<Read<typeof searchBody>>) {
  const { service, caller, params, body, query } = call;
  const { spaces } = body;
  if ((query.space === undefined) === (spaces === undefined))
    throw wrongInput("name a space by `?space=`, or several in `spaces`");
  const name = service.collections.nameOf(params.name!);
  const named = spaces === "all" ? [null] : (spaces ?? []);
  for (const space of named) {
    if (may(caller, "read", name, space)) continue;
    throw new Refusal(
      403,
      `Forbidden: this token may not read ${space === null ? "all spaces" : `the space "${space}"`}`,
    );
  }
  return await withIndex(call, (index) => {
    const of = spaces === "all" ? index.spaces().filter((name) => !isOurs(name)) : spaces;
    return search(index, query.space === undefined ? null : index.space(query.space), { ...body, spaces: of });
  });
}

export const spaceRoutes: Route[] = [
  route({
    ...{ method: "GET", path: COLLECTIONS, summary: "The collections, each with its shape", access: "read" },
    shows: "what the caller may see",
    run: (call) => seenBy(call).map((name) => infoOf(call.service.collections.store, name)),
  }),
  route({
    ...{ method: "GET", path: PATH, summary: "A collection's shape and fields", access: "read" },
    ...{ of: "spaces that the caller may see" },
    run: ({ service, caller, ...call }) =>
      withIndex({ service, caller, ...call }, (index) => {
        const info = infoOf(service.collections.store, call.params.name!);
        // Note and aliases are of the whole collection.
        const part = may(caller, "read", info.name) ? info : { ...info, note: null, aliases: [] };
        return { ...part, fields: ownFields(index) };
      }),
  }),
  route({
    ...{ method: "PUT", path: PATH, summary: "Create a collection of spaces", access: "manage", body: createBody },
    run: create,
  }),
  route({
    ...{ method: "PUT", path: `${PATH}/fields`, summary: "Add fields that a `where` knows", access: "write" },
    body: fieldsBody,
    run: (call) =>
      withIndex(call, async (index) => {
        await addFields(index, call.body.fields);
        return ownFields(index);
      }),
  }),
  entries("/add", "Add or replace entries", "write", addBody, add),
  entries("/update", "Change documents, by keys or a `where`", "write", updateBody, update),
  entries("/delete", "Delete entries, by keys or a `where`", "write", deleteBody, remove),
  entries("/get", "Entries under keys", "read", getBody, get),
  entries("/page", "Entries that match, page by page", "read", pageBody, page),
  entries("/count", "How many entries match", "read", countBody, count),
  entries("/facets", "The most frequent values of a field", "read", facetsBody, facets),
  route({
    ...{ method: "POST", path: `${PATH}/search`, summary: "The nearest in a space, or in several", access: "read" },
    ...{ body: searchBody, of: "spaces that the caller may see", takes: ["space"] },
    run: searched,
  }),
  entries("/stats", "What a space holds and takes", "read", nothing, async (space) => space.stats()),
  entries("/recall", "Measure which share of the nearest is found", "read", nothing, (space) => space.measureRecall()),
  route({
    ...{ method: "POST", path: `${PATH}/flush`, summary: "Wait until everything is linked and on the disk" },
    ...{ access: "write", of: "a space", takes: ["space"] },
    run: (call) => withIndex(call, (index) => index.flush().then(() => true)),
  }),
  route({
    ...{ method: "DELETE", path: `${PATH}/space`, summary: "Drop a space", access: "write", of: "a space" },
    takes: ["space"],
    run: (call) => {
      notOurs(spaceOf(call));
      return withIndex(call, async (index) => ({ dropped: await index.dropSpace(spaceOf(call)) }));
    },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/export`, summary: "A space, or all points, as an export of the package" },
    ...{ access: "read", of: "a space", takes: ["space"] },
    async run(call) {
      const collection = collectionOf(call);
      const { space } = call.query;
      const names = space === undefined ? await collection.read(undefined, (points) => points.names) : [space];
      return await exported(call.service.collections.store, collection.name, names);
    },
  }),
  route({
    ...{ method: "POST", path: `${PATH}/import`, summary: "Add what an export holds, into the space that is named" },
    ...{ access: "write", of: "a space", streams: ["application/octet-stream"], takes: ["space"] },
    run: (call) => {
      const { service, caller, params, stream, query } = call;
      const mayAddFields = may(caller, "write", service.collections.nameOf(params.name!));
      return withIndex(call, (index) => imported(index, stream, query.space ?? null, mayAddFields));
    },
  }),
];
