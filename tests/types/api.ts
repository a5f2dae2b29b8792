/* Do calls return what their options ask for, as the compiler sees it? It fails where an error does not come. */
import type { RemoteIndex, RemoteSpace } from "../../src/client/client.ts";
import type { ClusterIndex, ClusterSpace } from "../../src/cluster/cluster.ts";
import {
  type IndexLike,
  type Key,
  open,
  openSync,
  type Space,
  type SpaceLike,
  type SyncIndex,
  type,
  type VectorIndex,
} from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";

interface Memory {
  text: string;
  tags: string[];
  createdAt: number;
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>) => {};

const VECTOR = [1, 2, 3];
const MEMORY: Memory = { text: "a", tags: [], createdAt: 1 };

export async function inferred() {
  const index = await open({ dimensions: 3, fields: { tags: "keyword", createdAt: "date" }, metadata: type<Memory>() });
  same<typeof index, VectorIndex<Memory>>(true);
  const space = index.space<string>("s");
  same<typeof space, Space<string, Memory>>(true);

  await space.add("a", VECTOR);
  await space.add("a", null, MEMORY, { expiresAt: new Date() });
  await space.addMany(["a"], [VECTOR], [undefined]);
  // @ts-expect-error: a property is missing
  await space.add("a", VECTOR, { text: "a" });
  // @ts-expect-error: a key of another type
  await space.add(5, VECTOR);

  const plain = await space.search(VECTOR);
  same<(typeof plain)[0]["key"], string>(true);
  // @ts-expect-error: it was not included
  plain[0]!.metadata;
  const hits = await space.search(VECTOR, { k: 3, where: { tags: { $in: ["a"] } }, include: ["metadata"] });
  same<(typeof hits)[0]["metadata"], Memory | undefined>(true);
  // @ts-expect-error: it was not included
  hits[0]!.vector;
  const explained = await space.search(VECTOR, { explain: true, include: ["vector"] });
  same<(typeof explained)["hits"][0]["vector"], Float32Array | undefined>(true);
  same<(typeof explained)["explain"]["way"], "exact" | "graph">(true);
  // @ts-expect-error: no such property
  await space.search(VECTOR, { where: { colour: "red" } });
  // @ts-expect-error: of another type
  await space.search(VECTOR, { where: { createdAt: "yesterday" } });
  const many = await space.searchMany([VECTOR], { include: ["metadata", "expiresAt"] });
  same<(typeof many)[0][0]["expiresAt"], number | undefined>(true);
  const over = await index.search(VECTOR, { spaces: "all", include: ["metadata"] });
  same<(typeof over)[0]["space"], string>(true);
  // @ts-expect-error: which spaces?
  await index.search(VECTOR, { k: 3 });

  const vector = await space.get("a");
  same<typeof vector, Float32Array | undefined>(true);
  const entry = await space.get("a", { include: ["metadata"] });
  same<NonNullable<typeof entry>["metadata"], Memory | undefined>(true);
  const page = await space.page({ orderBy: "createdAt", include: ["vector"] });
  same<(typeof page)["entries"][0]["vector"], Float32Array | undefined>(true);
  for await (const { key, metadata } of space.entries({ include: ["metadata"] })) {
    same<typeof key, string>(true);
    same<typeof metadata, Memory | undefined>(true);
  }
  // @ts-expect-error: no such property
  await space.page({ orderBy: "colour" });
  // @ts-expect-error: no such property
  await space.facets("colour");
  await space.update("a", { createdAt: 5 });
  // @ts-expect-error: of another type
  await space.update("a", { createdAt: "5" });
  // @ts-expect-error: of another type
  await space.updateWhere({ createdAt: "5" }, {});
  // @ts-expect-error: which?
  await space.deleteWhere();
  await index.addField("text", "keyword");
  // @ts-expect-error: a number is no keyword
  await index.addField("createdAt", "keyword");
}

/** A program that runs wherever its entries are. */
export async function anywhere(index: IndexLike<Memory>) {
  const space = index.space<string>("s");
  same<typeof space, SpaceLike<string, Memory>>(true);
  await space.add("a", VECTOR, MEMORY, { expiresAt: new Date() });
  // @ts-expect-error: a property is missing
  await space.add("a", VECTOR, { text: "a" });
  await space.addMany(["a"], [VECTOR], [undefined]);
  const hits = await space.search(VECTOR, { k: 3, where: { tags: { $in: ["a"] } }, include: ["metadata"] });
  same<(typeof hits)[0]["metadata"], Memory | undefined>(true);
  // @ts-expect-error: a function can't be sent
  await space.search(VECTOR, { filter: () => true });
  // @ts-expect-error: in a cluster the log's time counts
  await space.update("a", { text: "b" }, { now: 5 });
  const entry = await space.get("a", { include: ["vector"] });
  same<NonNullable<typeof entry>["vector"], Float32Array | undefined>(true);
  for await (const { key } of space.entries()) same<typeof key, string>(true);
  const names = await index.spaces();
  same<typeof names, string[]>(true);
  // @ts-expect-error: only in the process
  space.size;
}

export function everywhere(
  indexes: [VectorIndex<Memory>, RemoteIndex<Memory>, ClusterIndex<Memory>],
  spaces: [Space<string, Memory>, RemoteSpace<string, Memory>, ClusterSpace<string, Memory>],
): [IndexLike<Memory>[], SpaceLike<string, Memory>[]] {
  // @ts-expect-error: entries may lack a document there
  const _required: SpaceLike<string, Memory, never> = spaces[0];
  return [indexes, spaces];
}

export async function given() {
  const index = await open<Memory>({ dimensions: 3, fields: { tags: "keyword" }, metadata: "required" });
  const space = index.space("s");
  same<typeof space, Space<Key, Memory, never>>(true);
  await space.add("a", VECTOR, MEMORY);
  // @ts-expect-error: every entry needs a document
  await space.add("a", VECTOR);
  // @ts-expect-error: and these do
  await space.addMany(["a"], [VECTOR]);
  const [hit] = await space.search(VECTOR, { include: ["metadata"] });
  same<NonNullable<typeof hit>["metadata"], Memory>(true);
  // @ts-expect-error: an object is no field
  await open<Memory>({ dimensions: 3, fields: { colour: "keyword" } });
}

export async function required() {
  const index = await open({ dimensions: 3, metadata: type<Memory>("required") });
  same<typeof index, VectorIndex<Memory, never>>(true);
}

export function synchronous(from: Uint8Array) {
  const index = openSync({ dimensions: 3, fields: { tags: "keyword" }, metadata: type<Memory>() });
  same<typeof index, SyncIndex<Memory>>(true);
  const space = index.space<string>("s");
  space.add("a", VECTOR, MEMORY);
  // @ts-expect-error: a property is missing
  space.add("a", VECTOR, { text: "a" });
  const [hit] = space.search(VECTOR, { where: { tags: "a" }, include: ["metadata"] });
  same<NonNullable<typeof hit>["metadata"], Memory | undefined>(true);
  const vector = space.get("a");
  same<typeof vector, Float32Array | undefined>(true);
  same<ReturnType<typeof openSync<Memory>>, SyncIndex<Memory>>(true);
  openSync({ from });
  // @ts-expect-error: nothing knows the dimensions
  openSync({ metric: "l2" });
  // @ts-expect-error: there are none
  openSync({ dimensions: 3, workers: 1 });
}

export async function unknown() {
  const index = await open({ dimensions: 3, fields: { anything: "keyword" } });
  const space = index.space("s");
  await space.add("a", VECTOR, { whatever: 5 });
  const [hit] = await space.search(VECTOR, { where: { anything: { $ne: "a" } }, include: ["metadata"] });
  same<NonNullable<typeof hit>["metadata"], unknown>(true);
}

export async function searched(from: Uint8Array) {
  const space = (await openSearch<Memory>({ from })).space<string>("s");
  const [hit] = await space.search(VECTOR, { where: { tags: "a" }, include: ["metadata"] });
  same<NonNullable<typeof hit>["metadata"], Memory | undefined>(true);
  // @ts-expect-error: it is only searched
  await space.add("a", VECTOR);
}
