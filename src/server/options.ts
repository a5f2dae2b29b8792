/* What may a program choose for a server, and what holds otherwise? */
import { badOption, integer, isObject, refuseUnknown, show } from "../options/checks.ts";
import { readFlag } from "../options/entries.ts";

export interface HandlerOptions {
  /** Keys that may do everything. Without any key, every request may. */
  apiKey?: string | readonly string[] | undefined;
  /** Keys that may read. */
  readOnlyKey?: string | readonly string[] | undefined;
  /** Secrets of at least 32 bytes that tokens (JWT with HS256) are signed with; needs an `apiKey` beside it. */
  tokenSecret?: string | readonly string[] | undefined;
  /** Requests of one key, or token's `sub`, per second, 1 to 1,000,000; more are refused with 429. Default: any number. */
  requestsPerSecond?: number | undefined;
  /** Is called with each request that was served or refused. */
  onRequest?: ((entry: AccessEntry) => void) | undefined;
  /** Names that the `Host` of a request may have. Default: those of this machine alone; with an `apiKey`, any. */
  hosts?: readonly string[] | "any" | undefined;
  /** Origins of pages that may call, such as "https://app.example.com". Default: those that this server serves. */
  origins?: readonly string[] | undefined;
  /** Bytes of a body, 1,024 to 1,073,741,824. Default 33,554,432. */
  bodyLimit?: number | undefined;
  /**
   * Milliseconds in which a body must have come as a whole, or each next piece of one without a limit (an ingest, an import); else
   * 408. 100 to 3,600,000. Default 60,000.
   */
  bodyTimeoutMs?: number | undefined;
  /** Whether a caller who may manage can start a load on a collection `demo`, to see what the workers do. Default false. */
  demo?: boolean | undefined;
  /** Whether `/metrics` also has figures of each space, with its name as a label. Default false. */
  spaceMetrics?: boolean | undefined;
  /** What stands before every path, such as "/vectors". Default: nothing. */
  basePath?: string | undefined;
}

/** A request that was served or refused. */
export interface AccessEntry {
  /** When it came, as ISO 8601. */
  time: string;
  method: string;
  /** Of the route, such as "/collections/{name}/points"; null where there is none. */
  route: string | null;
  /** The collection that was named. */
  collection: string | null;
  status: number;
  ms: number;
}

/** @internal */
export interface ServerSettings {
  tokenSecrets: readonly string[];
  requestsPerSecond: number | null;
  onRequest: ((entry: AccessEntry) => void) | undefined;
  keys: readonly string[];
  readOnlyKeys: readonly string[];
  hosts: readonly string[] | "any";
  origins: readonly string[];
  bodyLimit: number;
  bodyTimeoutMs: number;
  demo: boolean;
  spaceMetrics: boolean;
  basePath: string;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const SHORTEST_SECRET = 32; // bytes
const NAMES = [
  "apiKey",
  "readOnlyKey",
  "tokenSecret",
  "requestsPerSecond",
  "onRequest",
  "hosts",
  "origins",
  "bodyLimit",
  "bodyTimeoutMs",
  "demo",
  "spaceMetrics",
  "basePath",
];

/** @internal Throws BAD_OPTION. */
export function readServerOptions(given: HandlerOptions = {}): ServerSettings {
  if (!isObject(given)) throw badOption("The options of `createHandler` must be an object.");
  refuseUnknown(given, NAMES, "createHandler");
  const keys = listOf("apiKey", given.apiKey);
  const readOnlyKeys = listOf("readOnlyKey", given.readOnlyKey);
  if (readOnlyKeys.length > 0 && keys.length === 0) throw badOption("A `readOnlyKey` needs an `apiKey` beside it.");
  if ([...keys, ...readOnlyKeys].includes("")) throw badOption("A key must not be empty.");
  const tokenSecrets = listOf("tokenSecret", given.tokenSecret);
  if (tokenSecrets.length > 0 && keys.length === 0) throw badOption("A `tokenSecret` needs an `apiKey` beside it.");
  if (tokenSecrets.some((secret) => new TextEncoder().encode(secret).length < SHORTEST_SECRET)) {
    throw badOption(`A \`tokenSecret\` must have at least ${SHORTEST_SECRET} bytes.`);
  }
  const { onRequest } = given;
  if (onRequest !== undefined && typeof onRequest !== "function") throw badOption("`onRequest` must be a function.");
  const basePath = given.basePath ?? "";
  if (typeof basePath !== "string" || !/^(\/[^/?#]+)*$/.test(basePath)) {
    throw badOption(`\`basePath\` must be such as "/vectors", not ${show(basePath)}.`);
  }
  return {
    demo: readFlag("demo", given.demo),
    spaceMetrics: readFlag("spaceMetrics", given.spaceMetrics),
    ...{ keys, readOnlyKeys, tokenSecrets, basePath, onRequest },
    requestsPerSecond: integer("requestsPerSecond", given.requestsPerSecond, null, 1, 1_000_000),
    hosts: given.hosts === "any" ? "any" : hostsOf(given.hosts, keys.length > 0),
    origins: listOf("origins", given.origins),
    bodyLimit: integer("bodyLimit", given.bodyLimit, 33_554_432, 1024, 1_073_741_824),
    bodyTimeoutMs: integer("bodyTimeoutMs", given.bodyTimeoutMs, 60_000, 100, 3_600_000),
  };
}

function hostsOf(given: readonly string[] | undefined, hasKey: boolean): readonly string[] | "any" {
  if (given === undefined) return hasKey ? "any" : LOOPBACK;
  return [...listOf("hosts", given), ...LOOPBACK].map((host) => host.toLowerCase());
}

function listOf(name: string, given: unknown): readonly string[] {
  const found = given === undefined ? [] : typeof given === "string" ? [given] : given;
  if (Array.isArray(found) && found.every((one) => typeof one === "string")) return [...found];
  throw badOption(`\`${name}\` must be a string or an array of them, not ${show(given)}.`);
}
