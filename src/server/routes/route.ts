/* What is a route? One entry of a table: requests are checked by it, and the OpenAPI document says the same. */
import type { Collection } from "../points/collection.ts";
import type { Collections } from "../points/collections.ts";
import type { Demo } from "../points/demo.ts";
import type { Operations } from "../points/operations.ts";
import { FIGURES } from "../points/spaces.ts";
import type { Metrics, RequestKind } from "../wire/metrics.ts";
import { wrongInput } from "../wire/refusals.ts";
import { expected, mapped, maybe, object, oneOf, type Read, type Schema, text } from "../wire/schema.ts";
import { type Caller, may, type Right } from "../wire/tokens.ts";

/** Who may call it: everyone, or those with that right to the collection, or to all of them where none is named. */
export type Access = "open" | Right;

/** What all requests share. */
export interface Service {
  /** Of this start of the server. */
  id: string;
  collections: Collections;
  routes: readonly Route[];
  metrics: Metrics;
  operations: Operations;
  /** Whether the metrics name every space. */
  spaceMetrics: boolean;
  /** Null unless the server allows it. */
  demo: Demo | null;
}

export interface Call<B> {
  service: Service;
  caller: Caller;
  /** What stands in the path, decoded. */
  params: Record<string, string>;
  query: Query;
  body: B;
  /** The body as it comes, where the route streams. */
  stream: AsyncIterable<Uint8Array>;
  /** Keeps the memory of the body counted until that is done. */
  hold(until: Promise<unknown>): void;
}

export interface Route<B = unknown> {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** `{name}` stands for any segment. */
  path: string;
  summary: string;
  access: Access;
  /** For what concerns all collections, and leaves those out that the caller may not read. */
  shows?: "what the caller may see";
  /** For callers who may see some spaces: the one that is named by `?space=`, or all of them, where the route itself looks. */
  of?: "a space" | "spaces that the caller may see";
  /** The media types of a body that comes as it is, in pieces, without a limit; the first one is what the document names. */
  streams?: readonly [string, ...string[]];
  /** What may stand behind the `?`. */
  query: Schema<Query>;
  body?: Schema<B>;
  /** What becomes the `result` of a response, or a response itself. */
  run(call: Call<B>): unknown;
}

const flag = maybe({
  ...mapped(oneOf("true", "false"), (value) => value === "true"),
  shape: { type: "boolean" },
});
const count = maybe({
  ...mapped(text(10), (value, at) => {
    if (/^\d+$/.test(value)) return Number(value);
    throw expected(at, "a whole number", value);
  }),
  shape: { type: "integer", minimum: 0 },
});

/** Clients of Qdrant send them with any request; the last three have no effect. */
const COMMON = {
  wait: flag,
  timeout: maybe(text(20)),
  ordering: maybe(oneOf("weak", "medium", "strong")),
  consistency: maybe(text(20)),
};
const PARAMETERS = {
  ...{ anonymize: flag, details_level: maybe(text(20)) },
  ...{ space: maybe(text()), operation: maybe(text(64)), from_line: count },
  ...{ field: maybe(text()), sample: count },
  ...{ prefix: maybe(text()), contains: maybe(text()), after: maybe(text()), skip: count, limit: count },
  ...{ sort: maybe(oneOf(...FIGURES)), down: flag },
};
const allParameters = object({ ...COMMON, ...PARAMETERS });
type Query = Partial<Read<typeof allParameters>>;

type Declared<B> = Omit<Route<B>, "query"> & { takes?: readonly (keyof typeof PARAMETERS)[] };

/** A route whose body's type is inferred. `takes`: query parameters of its own. */
export function route<B = undefined>({ takes = [], ...declared }: Declared<B>): Route {
  const own = Object.fromEntries(takes.map((name) => [name, PARAMETERS[name]]));
  return { ...declared, query: object({ ...COMMON, ...own }) } as Route;
}

/** What a request is for, in figures. */
export function kindOf({ access, path }: Route): RequestKind {
  if (access === "write" || access === "manage") return "write";
  return /\/(query|search)(\/|$)/.test(path) ? "search" : "read";
}

/** Each once: what is checked of a request and what is done must not go by two values of one name. Throws Refusal. */
export function parametersIn(given: URLSearchParams): Record<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of given) {
    if (found.has(name)) throw wrongInput(`the query has the parameter \`${name}\` twice`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

export function collectionOf({ service, params }: Pick<Call<unknown>, "service" | "params">): Collection {
  return service.collections.get(params.name!);
}

/** The names of the collections that the caller may read. */
export function seenBy({ service, caller }: Pick<Call<unknown>, "service" | "caller">): string[] {
  const names = service.collections.store.list().map(({ name }) => name);
  return names.filter((name) => may(caller, "read", name));
}
