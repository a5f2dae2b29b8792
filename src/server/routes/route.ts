/* What is a route? One entry of a table: requests are checked by it, and the OpenAPI document says the same. */
import type { Collection } from "../points/collection.ts";
import type { Collections } from "../points/collections.ts";
import type { Demo } from "../points/demo.ts";
import type { Operations } from "../points/operations.ts";
import { FIGURES } from "../points/spaces.ts";
import type { Metrics } from "../wire/metrics.ts";
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
  query: Read<typeof queryParameters>;
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
  /** The body comes as it is, in pieces, without a limit. */
  streams?: true;
  body?: Schema<B>;
  /** What becomes the `result` of a response, or a response itself. */
  run(call: Call<B>): unknown;
}

/** A route whose body's type is inferred. */
export function route<B = undefined>(route: Route<B>): Route {
  return route as Route;
}

const flag = mapped(oneOf("true", "false"), (value) => value === "true");
const count = mapped(text(10), (value, at) => {
  if (/^\d+$/.test(value)) return Number(value);
  throw expected(at, "a whole number", value);
});
export const queryParameters = object({
  wait: maybe(flag),
  timeout: maybe(text(20)),
  ordering: maybe(oneOf("weak", "medium", "strong")),
  consistency: maybe(text(20)),
  anonymize: maybe(flag),
  details_level: maybe(text(20)),
  ...{
    space: maybe(text()),
    operation: maybe(text(64)),
    prefix: maybe(text()),
    after: maybe(text()),
    field: maybe(text()),
  },
  ...{ limit: maybe(count), sample: maybe(count), from_line: maybe(count) },
  ...{ contains: maybe(text()), skip: maybe(count), sort: maybe(oneOf(...FIGURES)), down: maybe(flag) },
});

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
