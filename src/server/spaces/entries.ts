/* How are the entries of a space written and read, as the package's own `Space` does? */
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Include, Where } from "../../documents/types.ts";
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import { payloadOf } from "../points/documents.ts";
import { holdsPoints } from "../points/tenants.ts";
import { badFormat } from "../wire/refusals.ts";
import { sentFloats, sentKey } from "../wire/remote.ts";
import type { Read } from "../wire/schema.ts";
import type {
  addBody,
  countBody,
  deleteBody,
  facetsBody,
  getBody,
  pageBody,
  searchBody,
  updateBody,
} from "./bodies.ts";

interface Found {
  key: Key;
  space?: string;
  distance?: number;
  metadata?: unknown;
  vector?: Float32Array | undefined;
  expiresAt?: number | undefined;
}

/** What is undefined is left out. */
function given<T extends object>(options: T): { [N in keyof T]?: Exclude<T[N], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}

export async function add(space: Space, { keys, vectors, metadata, expiresAt }: Read<typeof addBody>) {
  await space.addMany(keys, vectors ?? null, metadata, given({ expiresAt }));
  return { count: keys.length };
}

export async function update(space: Space, asked: Read<typeof updateBody>) {
  const { keys, where, patch = {}, remove = [], expiresAt, now } = asked;
  if ((keys === undefined) === (where === undefined)) throw badFormat("the body takes either `keys` or `where`");
  const whole = { ...(patch as object), ...Object.fromEntries(remove.map((name) => [name, undefined])) };
  const options = given({ now, expiresAt: expiresAt === "never" ? null : expiresAt });
  if (where !== undefined) return { count: await space.updateWhere(where as Where, whole, options) };
  const found = await Promise.all(keys!.map((key) => space.update(key, whole, options)));
  return { count: found.filter((wasThere) => wasThere).length };
}

export async function remove(space: Space, { keys, where, now }: Read<typeof deleteBody>) {
  if ((keys === undefined) === (where === undefined)) throw badFormat("the body takes either `keys` or `where`");
  if (where !== undefined) return { count: await space.deleteWhere(where as Where, given({ now })) };
  return { count: await space.deleteMany(keys!) };
}

export async function get(space: Space, { keys, include = [], now, binary }: Read<typeof getBody>) {
  const found = await space.getMany<Include>(keys, { include, ...given({ now }) });
  return { entries: await sent(space.name, found as (Found | undefined)[], binary) };
}

export async function page(space: Space, { binary, include = [], ...asked }: Read<typeof pageBody>) {
  const { entries, next } = await space.page<Include>({ include, ...given(asked as { where?: Where }) });
  return { entries: await sent(space.name, entries as Found[], binary), next };
}

export async function count(space: Space, { where, now }: Read<typeof countBody>) {
  return { count: await space.count(given({ where: where as Where | undefined, now })) };
}

export async function facets(space: Space, { field, where, now, limit }: Read<typeof facetsBody>) {
  return { facets: await space.facets(field, given({ where: where as Where | undefined, now, limit })) };
}

/** `space` null: in the spaces that are named. */
export async function search(index: VectorIndex, space: Space | null, asked: Read<typeof searchBody>) {
  const { query, queries, spaces, binary, include = [], ...rest } = asked;
  if ((query === undefined) === (queries === undefined)) throw badFormat("the body takes either `query` or `queries`");
  const options = { include, ...given(rest as { where?: Where; explain?: false }) };
  if (space === null) {
    if (query === undefined) throw badFormat("`queries` are searched in one space: name it by `?space=`");
    const hits = await index.search<Include>(query, { ...options, spaces: spaces! });
    return { hits: await sent(null, hits as Found[], binary) };
  }
  if (queries !== undefined) {
    const lists = await space.searchMany<Include>(queries, options);
    const sentLists: object[] = [];
    for (const hits of lists) sentLists.push(await sent(space.name, hits as Found[], binary));
    return { lists: sentLists };
  }
  const found = (await space.search<Include>(query!, options)) as unknown;
  if (Array.isArray(found)) return { hits: await sent(space.name, found as Found[], binary) };
  const { hits, explain } = found as { hits: Found[]; explain: object };
  return { hits: await sent(space.name, hits, binary), explain };
}

/** Payloads of points without what the server keeps beside them. */
async function sent(space: string | null, found: readonly (Found | undefined)[], binary = false) {
  const slice = new Slice();
  const entries: (object | null)[] = [];
  for (const one of found) {
    entries.push(one === undefined ? null : sentEntry(one, holdsPoints(one.space ?? space ?? ""), binary));
    if (slice.isOver) await slice.next();
  }
  return entries;
}

function sentEntry({ key, metadata, vector, ...rest }: Found, isPoint: boolean, binary: boolean): object {
  return {
    key: sentKey(key),
    ...rest,
    ...(metadata === undefined ? {} : { metadata: isPoint ? payloadOf(metadata) : metadata }),
    ...(vector === undefined ? {} : { vector: binary ? sentFloats(vector) : Array.from(vector) }),
  };
}
