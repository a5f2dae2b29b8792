/* Which routes create, describe and drop collections, their aliases and their payload indexes? */
import { HnswError } from "../../errors.ts";
import { addIndex, dropIndex } from "../points/building.ts";
import { type Collection, METRICS, type Note } from "../points/collection.ts";
import { fieldOf, indexSchema, typeOf } from "../points/indexes.ts";
import { readPath } from "../points/paths.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { notServed, Refusal, wrongInput } from "../wire/refusals.ts";
import {
  anything,
  echoed,
  integer,
  list,
  mapped,
  maybe,
  object,
  oneOf,
  type Read,
  refused,
  type Schema,
  text,
} from "../wire/schema.ts";
import { may } from "../wire/tokens.ts";
import { type Call, collectionOf, type Route, route, seenBy } from "./route.ts";

const PATH = "/collections/{name}";
const MOST_DIMENSIONS = 4096;

const vectorOptions = { on_disk: maybe(echoed), hnsw_config: maybe(echoed), quantization_config: maybe(echoed) };
const single = object({
  size: integer(1, MOST_DIMENSIONS),
  distance: mapped(oneOf("Cosine", "Dot", "Euclid", "Manhattan"), (distance) => {
    if (distance === "Manhattan") throw notServed("the distance Manhattan");
    return distance;
  }),
  ...vectorOptions,
  datatype: maybe(oneOf("float32", "float16", "uint8")),
  multivector_config: refused,
});
const vectors: Schema<Read<typeof single>> = {
  shape: single.shape,
  read(value, at) {
    if (isRecord(value) && !("size" in value)) {
      const [name] = Object.keys(value);
      if (name === undefined) throw notServed("a collection without vectors");
      if (isRecord(value[name]!) && name !== "") throw notServed(`the named vector "${name}"`);
      if (name === "") return single.read(value[name]!, at);
    }
    return single.read(value, at);
  },
};
const noSparseVectors = maybe(
  mapped(anything, (value) => {
    if (!isRecord(value) || Object.keys(value).length > 0) throw notServed("sparse_vectors");
    return undefined;
  }),
);

/** Taken, kept and shown again, and without an effect. */
const tuning = {
  ...{ hnsw_config: maybe(echoed), optimizers_config: maybe(echoed), quantization_config: maybe(echoed) },
  ...{ strict_mode_config: maybe(echoed), metadata: maybe(echoed) },
};
const createBody = object({
  vectors,
  ...tuning,
  wal_config: maybe(echoed),
  ...{ shard_number: maybe(integer(1, 1000)), replication_factor: maybe(integer(1, 1000)) },
  ...{ write_consistency_factor: maybe(integer(1, 1000)), on_disk_payload: maybe(echoed) },
  ...{ sparse_vectors: noSparseVectors, init_from: refused, sharding_method: refused },
});
const updateBody = object({
  ...tuning,
  ...{ vectors: maybe(echoed), params: maybe(echoed), sparse_vectors: noSparseVectors },
});

async function create({ service, params, body }: Call<Read<typeof createBody>>): Promise<true> {
  const { vectors, sparse_vectors: _, ...options } = body;
  const { size, distance, ...vectorOptions } = vectors;
  const note: Note = {
    made: crypto.randomUUID(),
    options: { ...options, vectors: vectorOptions } as unknown as Note["options"],
  };
  try {
    const shape = { dimensions: size, metric: METRICS[distance], note: { server: note } };
    await service.collections.store.create(params.name!, shape);
  } catch (error) {
    if (!(error instanceof HnswError) || error.code !== "COLLECTION_EXISTS") throw error;
    throw new Refusal(409, `Wrong input: Collection \`${params.name}\` already exists!`);
  }
  return true;
}

async function describe(collection: Collection): Promise<object> {
  const { note, size, distance, indexes } = collection;
  const {
    vectors = {},
    hnsw_config,
    optimizers_config,
    wal_config,
    ...others
  } = (note.options ?? {}) as unknown as {
    [name: string]: { [name: string]: Value };
  };
  const { quantization_config = null, strict_mode_config, metadata, ...params } = others;
  return await collection.read(undefined, async (points, index) => {
    const { M, efConstruction, flatBelow } = index.options;
    const schema: Record<string, object> = {};
    for (const { field, type, schema: params, name } of indexes.values()) {
      const count = await points.count({ [fieldOf(name)]: { $exists: true } });
      schema[field] = { data_type: type, ...(isRecord(params) ? { params } : {}), points: count };
    }
    const count = points.size;
    return {
      ...{ status: "green", optimizer_status: "ok" },
      ...{ indexed_vectors_count: count, points_count: count, segments_count: 1 },
      config: {
        params: {
          vectors: { size, distance, ...vectors },
          ...{ shard_number: 1, replication_factor: 1, write_consistency_factor: 1, on_disk_payload: true },
          ...params,
        },
        hnsw_config: { m: M, ef_construct: efConstruction, full_scan_threshold: flatBelow, ...hnsw_config },
        optimizer_config: { deleted_threshold: 0.2, vacuum_min_vector_number: 1000, ...optimizers_config },
        wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, ...wal_config },
        quantization_config,
        ...(strict_mode_config === undefined ? {} : { strict_mode_config }),
        ...(metadata === undefined ? {} : { metadata }),
      },
      payload_schema: schema,
    };
  });
}

// ── aliases ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const collection_name = text(255);
const alias_name = text(255);
const aliasesBody = object({
  actions: list(
    object({
      create_alias: maybe(object({ collection_name, alias_name })),
      delete_alias: maybe(object({ alias_name })),
      rename_alias: maybe(object({ old_alias_name: alias_name, new_alias_name: alias_name })),
    }),
    1000,
  ),
});

function changesOf(call: Call<Read<typeof aliasesBody>>) {
  const { store } = call.service.collections;
  return call.body.actions.flatMap(({ create_alias, delete_alias, rename_alias }) => {
    if (create_alias) return [{ alias: create_alias.alias_name, to: store.info(create_alias.collection_name).name }];
    if (delete_alias) return [{ alias: delete_alias.alias_name, to: null }];
    if (!rename_alias) throw wrongInput("an action is one of create_alias, delete_alias, rename_alias");
    const { old_alias_name: old, new_alias_name: alias } = rename_alias;
    const owner = store.list().find(({ aliases }) => aliases.includes(old));
    if (owner === undefined) throw new Refusal(404, `Not found: Alias \`${old}\` doesn't exist!`);
    return [
      { alias: old, to: null },
      { alias, to: owner.name },
    ];
  });
}

const aliasesIn = (infos: readonly { name: string; aliases: string[] }[]) => ({
  aliases: infos.flatMap(({ name, aliases }) => aliases.map((alias_name) => ({ alias_name, collection_name: name }))),
});

// ── payload indexes ─────────────────────────────────────────────────────────────────────────────────────────────────
const indexBody = object({ field_name: text(1024), field_schema: indexSchema });

async function createIndex(call: Call<Read<typeof indexBody>>) {
  const collection = collectionOf(call);
  const { field_name, field_schema } = call.body;
  readPath(field_name);
  const done = addIndex(collection, field_name, typeOf(field_schema), field_schema as Value);
  return await indexed(call, collection, done);
}

async function indexed(call: Call<unknown>, collection: Collection, done: Promise<unknown>) {
  if (call.query.wait === true) await done;
  else done.catch(() => collection.failures++);
  return { operation_id: collection.operations, status: call.query.wait === true ? "completed" : "acknowledged" };
}

export const collectionRoutes: Route[] = [
  route({
    ...{ method: "GET", path: "/collections", summary: "The names of all collections", access: "read" },
    shows: "what the caller may see",
    run: (call) => ({ collections: seenBy(call).map((name) => ({ name })) }),
  }),
  route({
    ...{ method: "POST", path: "/collections/aliases", summary: "Change aliases, all or none", access: "manage" },
    body: aliasesBody,
    run: (call) => call.service.collections.store.alias(changesOf(call)).then(() => true),
  }),
  route({
    ...{ method: "GET", path: "/aliases", summary: "All aliases", access: "read" },
    shows: "what the caller may see",
    run: (call) => aliasesIn(seenBy(call).map((name) => call.service.collections.store.info(name))),
  }),
  route({
    ...{ method: "GET", path: PATH, summary: "What a collection is", access: "read" },
    run: (call) => describe(collectionOf(call)),
  }),
  route({
    ...{ method: "PUT", path: PATH, summary: "Create a collection", access: "manage", body: createBody },
    run: create,
  }),
  route({
    ...{
      method: "PATCH",
      path: PATH,
      summary: "Change what is shown of its options",
      access: "manage",
      body: updateBody,
    },
    run: (call) =>
      collectionOf(call)
        .annotate(call.body as unknown as Note["options"] & object)
        .then(() => true),
  }),
  route({
    ...{ method: "DELETE", path: PATH, summary: "Drop a collection", access: "manage" },
    run: ({ service, params }) => service.collections.drop(params.name!),
  }),
  route({
    ...{ method: "GET", path: `${PATH}/exists`, summary: "Whether there is such a collection", access: "read" },
    shows: "what the caller may see",
    run({ service, params, caller }) {
      const name = service.collections.nameOf(params.name!);
      return { exists: name !== null && may(caller, "read", name) };
    },
  }),
  route({
    ...{ method: "GET", path: `${PATH}/aliases`, summary: "The aliases of a collection", access: "read" },
    run: (call) => aliasesIn([call.service.collections.store.info(collectionOf(call).name)]),
  }),
  route({
    ...{ method: "PUT", path: `${PATH}/index`, summary: "Index a field of the payloads", access: "write" },
    body: indexBody,
    run: createIndex,
  }),
  route({
    ...{ method: "DELETE", path: `${PATH}/index/{field}`, summary: "Drop such an index", access: "write" },
    run(call) {
      const collection = collectionOf(call);
      return indexed(call, collection, dropIndex(collection, call.params.field!));
    },
  }),
];
