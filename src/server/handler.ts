/* How does a request become a response? It is checked, its route found, its body read by the route's schema, and run. */
import { Slice } from "../runtime/event-loop.ts";
import { warn } from "../runtime/platform.ts";
import type { Store } from "../store/store.ts";
import { checkPlace, checkRight, identify } from "./guard.ts";
import { type HandlerOptions, readServerOptions, type ServerSettings } from "./options.ts";
import { pageAt } from "./page.ts";
import { Collections } from "./points/collections.ts";
import { Demo } from "./points/demo.ts";
import { Operations } from "./points/operations.ts";
import { Router, segmentsOf } from "./router.ts";
import { kindOf, parametersIn, type Route, type Service } from "./routes/route.ts";
import { ROUTES } from "./routes/table.ts";
import { ByteBudget, checkType, pieces, readBody } from "./wire/body.ts";
import { print, printInSlices } from "./wire/json.ts";
import { bodyFor } from "./wire/large-response.ts";
import { Metrics } from "./wire/metrics.ts";
import { Rates } from "./wire/rates.ts";
import { badFormat, busy, type Refusal, refusalFor } from "./wire/refusals.ts";
import { BODY, readLarge } from "./wire/schema.ts";
import type { Caller } from "./wire/tokens.ts";
import { Turns } from "./wire/turns.ts";

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
  const service = {
    id: crypto.randomUUID(),
    collections: new Collections(store),
    routes: ROUTES,
    metrics: new Metrics(),
    operations: new Operations(),
    spaceMetrics: settings.spaceMetrics,
    demo: settings.demo ? new Demo(store) : null,
  };
  const server = {
    ...{ settings, service, router: new Router(ROUTES), budget: new ByteBudget() },
    rates: new Rates(settings.requestsPerSecond),
    working: 0,
    reads: new Turns(MOST_READS),
  };
  const running = new Set<Promise<Response>>();
  const handler = (request: Request) => {
    const response = serve(request, server);
    running.add(response);
    void response.finally(() => running.delete(response));
    return response;
  };
  const idle = async () => {
    await service.demo?.stop();
    await Promise.all(running);
    await service.collections.idle();
  };
  return Object.assign(handler, { idle });
}

interface Server {
  settings: ServerSettings;
  service: Service;
  router: Router;
  budget: ByteBudget;
  rates: Rates;
  /** Requests whose bodies were read and whose results are not there yet. */
  working: number;
  /** Those of them that read. */
  reads: Turns;
}

const MOST_WORKING = 1024;
const MOST_READS = 32;

interface Found {
  route: Route;
  params: Record<string, string>;
}

/** Never rejects. */
async function serve(request: Request, server: Server): Promise<Response> {
  const start = performance.now();
  const about: { found: Found | null } = { found: null };
  let response: Response;
  try {
    response = await respond(request, server, about, start);
  } catch (error) {
    const refusal = refusalFor(error);
    if (refusal.status === 500) warn(`a request failed: ${error instanceof Error ? error.stack : error}`);
    response = refusing(refusal, start);
  }
  report(request, response.status, about.found, server, performance.now() - start);
  return forOrigin(response, request, server.settings);
}

function report({ method }: Request, status: number, found: Found | null, server: Server, ms: number): void {
  const route = found?.route.path ?? null;
  server.service.metrics.count(method, route ?? "none", status, ms, found === null ? "read" : kindOf(found.route));
  const { onRequest } = server.settings;
  if (onRequest === undefined) return;
  const time = new Date(Date.now() - ms).toISOString();
  const collection = (route?.includes("{name}") && found?.params.name) || null;
  try {
    onRequest({ time, method, route, collection, status, ms: Math.round(ms * 1000) / 1000 });
  } catch {
    // a program's log that fails changes no response
  }
}

async function respond(request: Request, server: Server, about: { found: Found | null }, start: number) {
  const { settings, service, router } = server;
  checkPlace(request, settings);
  if (request.method === "OPTIONS") return new Response(null, { status: 204 });
  const { pathname, searchParams } = new URL(request.url);
  const segments = segmentsOf(pathname, settings.basePath);
  const page = await pageAt(request, segments, settings.basePath);
  if (page !== null) return page;
  const found = router.find(request.method, segments);
  about.found = found;
  const isOpen = found?.route.access === "open";
  const caller = isOpen ? EVERYONE : await identify(request, settings);
  if (!isOpen) server.rates.take(caller.id);
  if (found === null) throw router.refusalOf(request.method, segments);
  const { route, params } = found;
  const given = parametersIn(searchParams);
  checkRight(caller, route, { name: params.name, space: given.space ?? null }, service);
  const query = route.query.read(given, "the query");
  return await withBody(request, route, server, (body, hold) => {
    const make = async () => {
      const stream = route.streams ? pieces(request.body, () => settings.bodyTimeoutMs) : NOTHING;
      const result = await route.run({ service, caller, params, query, body, stream, hold });
      if (result instanceof Response) return result;
      const text = await printInSlices({ result, status: "ok", time: since(start) });
      return responseOf(bodyFor(text, server.budget), 200);
    };
    return route.access === "read" ? server.reads.take(make) : make(); // writes wait for the disk together
  });
}

/** Asking for a request's `body` starts a stream. */
const NOTHING = pieces(null, () => 0);
const EVERYONE: Caller = { id: "everyone", right: null, collections: new Map(), spaces: [] };

/** Reads the body, and counts its memory until `run` and what it holds the body for are done. */
async function withBody(
  request: Request,
  route: Route,
  server: Server,
  run: (body: unknown, hold: (until: Promise<unknown>) => void) => Promise<Response>,
): Promise<Response> {
  const { settings, budget } = server;
  const releases: (() => void)[] = [];
  const held: Promise<unknown>[] = [];
  try {
    let body: unknown;
    if (route.streams) {
      if (request.body !== null) checkType(request, route.streams);
    } else {
      const value = await readBody(request, settings.bodyLimit, settings.bodyTimeoutMs, (bytes) =>
        releases.push(budget.take(bytes, "body")),
      );
      if (route.body !== undefined && value === undefined) throw badFormat("there is no body");
      if (route.body !== undefined) body = await readLarge(route.body, value!, BODY, new Slice());
    }
    if (server.working >= MOST_WORKING) throw busy(`Too many requests: ${MOST_WORKING} are being worked on`);
    server.working++;
    try {
      return await run(body, (until) => held.push(until));
    } finally {
      server.working--;
    }
  } finally {
    void Promise.allSettled(held).then(() => {
      for (const release of releases) release();
    });
  }
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}

type Sent = ReturnType<typeof bodyFor>;

function responseOf(body: Sent, status: number, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { "content-type": "application/json", ...headers } });
}

function refusing({ status, message, headers, code }: Refusal, start: number): Response {
  return responseOf(print({ time: since(start), status: { error: message, code }, result: null }), status, headers);
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
