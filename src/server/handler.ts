/* How does a request become a response? It is checked, its route found, its body read by the route's schema, and run. */
import type { Store } from "../store/store.ts";
import { checkKey, checkPlace } from "./guard.ts";
import { type HandlerOptions, readServerOptions, type ServerSettings } from "./options.ts";
import { Collections } from "./points/collection.ts";
import { queryParameters, type Route, type Service } from "./routes/route.ts";
import { ROUTES } from "./routes/table.ts";
import { BodyBudget, readBody } from "./wire/body.ts";
import { print } from "./wire/json.ts";
import { badFormat, notServed, Refusal, refusalFor } from "./wire/refusals.ts";
import { BODY } from "./wire/schema.ts";

/** Serves a request. */
export interface Handler {
  (request: Request): Promise<Response>;
  /** Resolves once everything that was asked before is done, also writes that were acknowledged at once. */
  idle(): Promise<void>;
}

/**
 * A function that serves a store's collections over HTTP: a stated part of Qdrant's REST, described in docs/SERVER.md. The
 * store stays open until the program closes it. Throws BAD_OPTION.
 */
export function createHandler(store: Store, options: HandlerOptions = {}): Handler {
  const settings = readServerOptions(options);
  const service = { id: crypto.randomUUID(), collections: new Collections(store), routes: ROUTES };
  const server = { settings, service, router: new Router(ROUTES), budget: new BodyBudget() };
  const running = new Set<Promise<Response>>();
  const handler = (request: Request) => {
    const response = serve(request, server);
    running.add(response);
    void response.finally(() => running.delete(response));
    return response;
  };
  const idle = async () => {
    await Promise.all(running);
    await service.collections.idle();
  };
  return Object.assign(handler, { idle });
}

interface Server {
  settings: ServerSettings;
  service: Service;
  router: Router;
  budget: BodyBudget;
}

/** Never rejects. */
async function serve(request: Request, server: Server): Promise<Response> {
  const start = performance.now();
  try {
    return forOrigin(await respond(request, server, start), request, server.settings);
  } catch (error) {
    return forOrigin(refusing(refusalFor(error), start), request, server.settings);
  }
}

async function respond(request: Request, { settings, service, router, budget }: Server, start: number) {
  checkPlace(request, settings);
  const { pathname, searchParams } = new URL(request.url);
  if (request.method === "OPTIONS") return new Response(null, { status: 204 });
  const segments = segmentsOf(pathname, settings.basePath);
  const found = router.find(request.method, segments);
  await checkKey(request, found?.route.access ?? "read", settings);
  if (found === null) throw router.refusalOf(request.method, segments);
  const { route, params } = found;
  const query = queryParameters.read(Object.fromEntries(searchParams), "the query");
  const releases: (() => void)[] = [];
  const held: Promise<unknown>[] = [];
  try {
    const value = await readBody(request, settings.bodyLimit, (bytes) => releases.push(budget.take(bytes)));
    if (route.body !== undefined && value === undefined) throw badFormat("there is no body");
    const body = route.body === undefined ? undefined : route.body.read(value!, BODY);
    const result = await route.run({ service, params, query, body, hold: (until) => held.push(until) });
    return result instanceof Response ? result : enveloped({ result, status: "ok", time: since(start) }, 200);
  } finally {
    void Promise.allSettled(held).then(() => {
      for (const release of releases) release();
    });
  }
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}

function enveloped(envelope: object, status: number, headers: Record<string, string> = {}): Response {
  return new Response(print(envelope), { status, headers: { "content-type": "application/json", ...headers } });
}

function refusing({ status, message, headers }: Refusal, start: number): Response {
  return enveloped({ time: since(start), status: { error: message }, result: null }, status, headers);
}

function forOrigin(response: Response, request: Request, { origins }: ServerSettings): Response {
  const origin = request.headers.get("origin");
  response.headers.set("x-content-type-options", "nosniff");
  if (origin === null || !origins.includes(origin)) return response;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("vary", "origin");
  response.headers.set("access-control-allow-headers", "api-key, authorization, content-type");
  response.headers.set("access-control-allow-methods", "GET, PUT, POST, PATCH, DELETE");
  return response;
}

function segmentsOf(pathname: string, basePath: string): string[] {
  if (pathname !== basePath && !pathname.startsWith(`${basePath}/`)) throw notFound();
  try {
    return pathname
      .slice(basePath.length)
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    throw new Refusal(400, "Wrong input: the path is not encoded as UTF-8");
  }
}

function notFound(): Refusal {
  return new Refusal(404, "Not found: there is no such path; /openapi.json lists those there are");
}

/** Parts of Qdrant's interface that a path may belong to. */
const NOT_SERVED = [
  "snapshots",
  "recommend",
  "discover",
  "shards",
  "matrix",
  "cluster",
  "locks",
  "issues",
  "optimizations",
];

class Router {
  private readonly byLength = new Map<number, { route: Route; segments: string[] }[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = route.path.split("/").filter((segment) => segment !== "");
      const others = this.byLength.get(segments.length) ?? [];
      this.byLength.set(segments.length, [...others, { route, segments }]);
    }
  }

  /** Of several that fit, the one that names more. */
  find(method: string, given: readonly string[]): { route: Route; params: Record<string, string> } | null {
    let best: { route: Route; params: Record<string, string> } | null = null;
    for (const { route, segments } of this.byLength.get(given.length) ?? []) {
      if (route.method !== method) continue;
      const params = paramsOf(segments, given);
      if (params === null) continue;
      if (best === null || Object.keys(params).length < Object.keys(best.params).length) best = { route, params };
    }
    return best;
  }

  refusalOf(method: string, given: readonly string[]): Refusal {
    const name = given.find((segment, i) => i !== 1 && NOT_SERVED.includes(segment));
    if (name !== undefined) return notServed(name);
    const others = ["GET", "PUT", "POST", "PATCH", "DELETE"].filter((other) => this.find(other, given) !== null);
    if (others.length === 0) return notFound();
    return new Refusal(405, `Method not allowed: ${method}; there is ${others.join(", ")}`, {
      allow: others.join(", "),
    });
  }
}

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    if (segment.startsWith("{")) params[segment.slice(1, -1)] = given[i]!;
    else if (segment !== given[i]) return null;
  }
  return params;
}
