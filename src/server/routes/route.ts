/* What is a route? One entry of a table: requests are checked by it, and the OpenAPI document says the same. */
import type { Collection, Collections } from "../points/collection.ts";
import { badFormat } from "../wire/refusals.ts";
import { mapped, maybe, object, oneOf, type Read, type Schema, text } from "../wire/schema.ts";

/** Who may call it: everyone, every key, or a key that may change things. */
export type Access = "open" | "read" | "write";

/** What all requests share. */
export interface Service {
  /** Of this start of the server. */
  id: string;
  collections: Collections;
  routes: readonly Route[];
}

export interface Call<B> {
  service: Service;
  /** What stands in the path, decoded. */
  params: Record<string, string>;
  query: Read<typeof queryParameters>;
  body: B;
  /** Keeps the memory of the body counted until that is done. */
  hold(until: Promise<unknown>): void;
}

export interface Route<B = unknown> {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** `{name}` stands for any segment. */
  path: string;
  summary: string;
  access: Access;
  body?: Schema<B>;
  /** What becomes the `result` of a response, or a response itself. */
  run(call: Call<B>): unknown;
}

/** A route whose body's type is inferred. */
export function route<B = undefined>(route: Route<B>): Route {
  return route as Route;
}

const flag = mapped(oneOf("true", "false"), (value) => value === "true");
export const queryParameters = object({
  wait: maybe(flag),
  timeout: maybe(text(20)),
  ordering: maybe(oneOf("weak", "medium", "strong")),
  consistency: maybe(text(20)),
  anonymize: maybe(flag),
  details_level: maybe(text(20)),
});

export function collectionOf({ service, params }: Pick<Call<unknown>, "service" | "params">): Collection {
  return service.collections.get(params.name!);
}

/** A body that must be there. */
export function given<T>(body: T | undefined): T {
  if (body === undefined) throw badFormat("there is no body");
  return body;
}
