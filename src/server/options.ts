/* What may a program choose for a server, and what holds otherwise? */
import { badOption, integer, isObject, refuseUnknown, show } from "../options/checks.ts";

export interface HandlerOptions {
  /** Keys that may do everything. Without any key, every request may. */
  apiKey?: string | readonly string[] | undefined;
  /** Keys that may read. */
  readOnlyKey?: string | readonly string[] | undefined;
  /** Names that the `Host` of a request may have. Default: those of this machine alone; with an `apiKey`, any. */
  hosts?: readonly string[] | "any" | undefined;
  /** Origins of pages that may call, such as "https://app.example.com". Default: those that this server serves. */
  origins?: readonly string[] | undefined;
  /** Bytes of a body, 1,024 to 1,073,741,824. Default 33,554,432. */
  bodyLimit?: number | undefined;
  /** What stands before every path, such as "/vectors". Default: nothing. */
  basePath?: string | undefined;
}

/** @internal */
export interface ServerSettings {
  keys: readonly string[];
  readOnlyKeys: readonly string[];
  hosts: readonly string[] | "any";
  origins: readonly string[];
  bodyLimit: number;
  basePath: string;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const NAMES = ["apiKey", "readOnlyKey", "hosts", "origins", "bodyLimit", "basePath"];

/** @internal Throws BAD_OPTION. */
export function readServerOptions(given: HandlerOptions = {}): ServerSettings {
  if (!isObject(given)) throw badOption("The options of `createHandler` must be an object.");
  refuseUnknown(given, NAMES, "createHandler");
  const keys = listOf("apiKey", given.apiKey);
  const readOnlyKeys = listOf("readOnlyKey", given.readOnlyKey);
  if (readOnlyKeys.length > 0 && keys.length === 0) throw badOption("A `readOnlyKey` needs an `apiKey` beside it.");
  if ([...keys, ...readOnlyKeys].includes("")) throw badOption("A key must not be empty.");
  const basePath = given.basePath ?? "";
  if (typeof basePath !== "string" || !/^(\/[^/?#]+)*$/.test(basePath)) {
    throw badOption(`\`basePath\` must be such as "/vectors", not ${show(basePath)}.`);
  }
  return {
    ...{ keys, readOnlyKeys, basePath },
    hosts: given.hosts === "any" ? "any" : hostsOf(given.hosts, keys.length > 0),
    origins: listOf("origins", given.origins),
    bodyLimit: integer("bodyLimit", given.bodyLimit, 33_554_432, 1024, 1_073_741_824),
  };
}

function hostsOf(given: readonly string[] | undefined, hasKey: boolean): readonly string[] | "any" {
  if (given === undefined) return hasKey ? "any" : LOOPBACK;
  return [...listOf("hosts", given), ...LOOPBACK].map((host) => host.toLowerCase());
}

function listOf(name: string, given: unknown): readonly string[] {
  const found = given === undefined ? [] : typeof given === "string" ? [given] : given;
  if (Array.isArray(found) && found.every((one) => typeof one === "string")) return found;
  throw badOption(`\`${name}\` must be a string or an array of them, not ${show(given)}.`);
}
