/* May this request be served? It must come from a place that may call, by a caller who may. */
import type { ServerSettings } from "./options.ts";
import type { Route, Service } from "./routes/route.ts";
import { noCollection, Refusal } from "./wire/refusals.ts";
import { type Caller, callerOf, everywhere, may, mayInPart } from "./wire/tokens.ts";

/** Against pages that a browser has open: their requests carry names of hosts and origins that are not ours. Throws Refusal. */
export function checkPlace(request: Request, { hosts, origins }: ServerSettings): void {
  const host = (request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
  if (hosts !== "any" && !hosts.includes(nameIn(host)) && !hosts.includes(host)) {
    throw new Refusal(403, "Forbidden: this server does not go by that `Host`; `hosts` names others");
  }
  const origin = request.headers.get("origin");
  if (origin !== null && origins.includes(origin)) return;
  const isForeign = origin !== null && hostOf(origin) !== host;
  if (isForeign || request.headers.get("sec-fetch-site") === "cross-site") {
    throw new Refusal(403, "Forbidden: pages of other origins may not call; `origins` names those that may");
  }
}

function nameIn(host: string): string {
  return host.replace(/:\d*$/, "");
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}

/** Throws Refusal: 401 for a key or token that is missing or not known. */
export async function identify(request: Request, settings: ServerSettings): Promise<Caller> {
  const { keys, readOnlyKeys, tokenSecrets } = settings;
  if (keys.length === 0) return { id: "everyone", ...everywhere("manage") };
  const given = keyOf(request);
  if (given === null) throw new Refusal(401, "Must provide an API key or an Authorization bearer token");
  const digest = await digestOf(given);
  const [all, some] = await Promise.all([placeOf(digest, keys), placeOf(digest, readOnlyKeys)]);
  if (all >= 0) return { id: `key ${all}`, ...everywhere("manage") };
  if (some >= 0) return { id: `read-only key ${some}`, ...everywhere("read") };
  const caller = tokenSecrets.length === 0 ? null : await callerOf(given, tokenSecrets);
  if (caller === null) throw new Refusal(401, "Invalid API key");
  return caller;
}

/**
 * Throws Refusal: 403 for what a caller may not do. For one who may see some collections, others are as if they did not exist.
 */
export function checkRight(caller: Caller, route: Route, { name, space }: Named, service: Service): void {
  const { access, shows, of } = route;
  if (access === "open" || shows === "what the caller may see") return;
  const collection = name === undefined || access === "manage" ? null : service.collections.nameOf(name);
  if (may(caller, access, collection, of === undefined ? null : space)) return;
  if (mayInPart(caller, collection)) {
    if (of === "spaces that the caller may see" && access === "read" && space === null) return;
    throw new Refusal(
      403,
      `Forbidden: this token may ${access} some spaces of the collection: name one, by a route of /v1`,
    );
  }
  if (name !== undefined && !may(caller, "read", collection)) throw noCollection(name);
  throw new Refusal(403, `Forbidden: this key may not ${access}${name === undefined ? " everything" : ""}`);
}

interface Named {
  /** Of the collection. */
  name: string | undefined;
  space: string | null;
}

function keyOf(request: Request): string | null {
  const key = request.headers.get("api-key");
  if (key !== null) return key;
  return /^bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}

/** Its place among the keys, or −1. Digests are compared, each as a whole: how long it takes says nothing of a key. */
async function placeOf(wanted: Uint8Array, keys: readonly string[]): Promise<number> {
  let place = -1;
  for (const [i, digest] of (await digestsOf(keys)).entries()) {
    let difference = 0;
    for (let j = 0; j < digest.length; j++) difference |= digest[j]! ^ wanted[j]!;
    if (difference === 0) place = i;
  }
  return place;
}

/** Of the keys of a server, made when the first request brings one. */
const digests = new WeakMap<readonly string[], Promise<Uint8Array[]>>();

function digestsOf(keys: readonly string[]): Promise<Uint8Array[]> {
  const found = digests.get(keys) ?? Promise.all(keys.map(digestOf));
  digests.set(keys, found);
  return found;
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
