/* `serve`: how does a store become a server? It listens at once, and ends by a signal when all that it took is done. */
import { availableParallelism } from "node:os";
import { badOption } from "../../options/checks.ts";
import { createHandler, type Handler } from "../../server/server.ts";
import { openStore } from "../../store/store.ts";
import { print } from "../terminal/output.ts";
import type { Arguments, Command, Option } from "./command.ts";

const OPTIONS = {
  port: { value: "N", help: "default 6333; 0 takes a free one" },
  host: { value: "ADDRESS", help: "the address to listen at; default 127.0.0.1. Any other needs --api-key" },
  "api-key": { value: "KEY", help: "what requests must bring; several, separated by commas, while keys change" },
  "read-only-key": { value: "KEY", help: "the same, for requests that read" },
  "token-secret": {
    value: "SECRET",
    help: "of at least 32 bytes, for tokens (JWT, HS256) that reach some collections",
  },
  "requests-per-second": { value: "N", help: "of each key; more are refused with 429" },
  "access-log": { help: "print a line of JSON for each request" },
  "allow-host": { value: "NAMES", help: "names that the `Host` of a request may have, separated by commas" },
  "allow-origin": { value: "ORIGINS", help: "origins of pages that may call, separated by commas" },
  "body-limit": { value: "BYTES", help: "of one request; default 33554432" },
  "body-timeout-ms": { value: "N", help: "in which a body must have come; default 60000" },
  workers: { value: "N", help: "threads that link for collections of one shape; default 1" },
  "max-open": { value: "N", help: "shapes whose collections stay open while nothing uses them; default 8" },
  "space-metrics": { help: "figures of each space, by its name, at /metrics" },
  demo: { help: "the dashboard may start a load, to see what the workers do; then as many workers as there are cores" },
  "tls-cert": { value: "FILE", help: "certificate chain in PEM, with --tls-key" },
  "tls-key": { value: "FILE", help: "its private key in PEM" },
} satisfies Record<string, Option>;
type Name = keyof typeof OPTIONS;

export const serve: Command = {
  summary: "serves a folder of collections over HTTP, as clients of Qdrant expect it",
  takes: ["PATH"],
  options: OPTIONS,
  notes:
    "PATH is created if it does not exist. Each option can also be an environment variable: HNSW_WORKERS_API_KEY for\n" +
    "--api-key; there a key is not shown in lists of processes. SIGTERM and SIGINT end the server: it takes nothing new, does\n" +
    "what it has taken, and closes the store; a second signal ends it at once. What is served: docs/SERVER.md.",
  async run(args) {
    const chosen = new Chosen(args);
    const server = await listen(chosen);
    const ended = signalled();
    try {
      const store = await openStore(args.at(0), {
        workers: chosen.integer("workers") ?? (chosen.has("demo") ? demoWorkers() : undefined),
        maxOpen: chosen.integer("max-open"),
      });
      try {
        const handler = createHandler(store, handlerOptions(chosen));
        server.handler = handler;
        await print([`listening at ${server.url}`]);
        await ended;
        server.handler = null;
        await handler.idle();
      } finally {
        await store.close();
      }
    } finally {
      await server.stop();
    }
    return null;
  },
};

/** With one there is nothing to steal. */
const demoWorkers = () => Math.min(64, Math.max(2, availableParallelism()));

class Chosen {
  constructor(private readonly args: Arguments) {}

  has(name: Name): boolean {
    return this.args.has(name) || process.env[variableFor(name)] === "1";
  }

  text(name: Name): string | undefined {
    return this.args.text(name) ?? process.env[variableFor(name)];
  }

  list(name: Name): string[] | undefined {
    return this.text(name)
      ?.split(",")
      .filter((one) => one !== "");
  }

  integer(name: Name): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw this.args.wrong(`--${name} must be a whole number, not "${text}"`);
    return Number(text);
  }
}

const variableFor = (name: Name) => `HNSW_WORKERS_${name.toUpperCase().replaceAll("-", "_")}`;

function handlerOptions(chosen: Chosen) {
  const isPublic = !isLoopback(chosen.text("host") ?? "127.0.0.1");
  return {
    apiKey: chosen.list("api-key"),
    readOnlyKey: chosen.list("read-only-key"),
    hosts: chosen.list("allow-host") ?? (isPublic ? "any" : undefined),
    origins: chosen.list("allow-origin"),
    tokenSecret: chosen.list("token-secret"),
    requestsPerSecond: chosen.integer("requests-per-second"),
    onRequest: chosen.has("access-log") ? (entry: object) => console.log(JSON.stringify(entry)) : undefined,
    bodyLimit: chosen.integer("body-limit"),
    spaceMetrics: chosen.has("space-metrics"),
    bodyTimeoutMs: chosen.integer("body-timeout-ms"),
    demo: chosen.has("demo"),
  } as const;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

interface Listening {
  url: string;
  /** Null: requests are refused, since the store is not open yet or no longer. */
  handler: Handler | null;
  stop(): Promise<void>;
}

const IDLE_SECONDS = 255; // between requests, and for a client that does not read; the longest that Bun takes

/** Takes requests before the store is open, and refuses them until it is. Throws BAD_OPTION. */
async function listen(chosen: Chosen): Promise<Listening> {
  const hostname = chosen.text("host") ?? "127.0.0.1";
  if (!isLoopback(hostname) && (chosen.list("api-key") ?? []).length === 0) {
    throw badOption(`${hostname} can be reached from other machines: give --api-key, or listen at 127.0.0.1.`);
  }
  const [cert, key] = [chosen.text("tls-cert"), chosen.text("tls-key")];
  if ((cert === undefined) !== (key === undefined)) throw badOption("--tls-cert and --tls-key go together.");
  const tls = cert === undefined ? undefined : { cert: Bun.file(cert), key: Bun.file(key!) };
  const port = chosen.integer("port") ?? 6333;
  const listening: Omit<Listening, "url" | "stop"> = { handler: null };
  let server: ReturnType<typeof Bun.serve>;
  try {
    server = Bun.serve({
      ...{ hostname, port, tls, idleTimeout: IDLE_SECONDS },
      maxRequestBodySize: 2 ** 31, // the handler counts
      fetch: (request, server) => served(request, server, listening.handler ?? notReady),
      error: () => new Response(null, { status: 500 }),
    });
  } catch (error) {
    throw badOption(`${hostname} can't be listened at: ${(error as Error).message}.`);
  }
  return Object.assign(listening, { url: server.url.href.replace(/\/$/, ""), stop: () => stopped(server) });
}

/** Bun would end a slow body, or a long wait for a result, after so long in total; the handler has limits of its own. */
async function served(request: Request, server: Bun.Server<undefined>, by: (request: Request) => Promise<Response>) {
  server.timeout(request, 0);
  try {
    return await by(request);
  } finally {
    server.timeout(request, IDLE_SECONDS);
  }
}

const LAST_BYTES_MS = 500; // for responses on their way; a connection that is kept alive would stay for minutes

async function stopped(server: ReturnType<typeof Bun.serve>): Promise<void> {
  await Promise.race([server.stop(), Bun.sleep(LAST_BYTES_MS)]);
  await server.stop(true);
}

async function notReady(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/livez" || pathname === "/healthz") return new Response("check passed");
  const headers = { "retry-after": "1", connection: "close" };
  return Response.json({ time: 0, status: { error: "Service is not ready" }, result: null }, { status: 503, headers });
}

/** Resolves at the first signal; the second ends the process. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const end = () => {
      if (++seen > 1) process.exit(1);
      resolve();
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
  });
}
