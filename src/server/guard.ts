/* May this request be served? It must come from a place that may call, and with a key if there are any. */
import type { ServerSettings } from "./options.ts";
import type { Access } from "./routes/route.ts";
import { Refusal } from "./wire/refusals.ts";

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

/** Throws Refusal: 401 without a key that is known, 403 with one that may not. */
export async function checkKey(request: Request, access: Access, settings: ServerSettings): Promise<void> {
  if (access === "open" || settings.keys.length === 0) return;
  const given = keyOf(request);
  if (given === null) throw new Refusal(401, "Must provide an API key or an Authorization bearer token");
  const [mayWrite, mayRead] = await Promise.all([isOneOf(given, settings.keys), isOneOf(given, settings.readOnlyKeys)]);
  if (!mayWrite && !mayRead) throw new Refusal(401, "Invalid API key");
  if (!mayWrite && access === "write") throw new Refusal(403, "Forbidden: this key may only read");
}

function keyOf(request: Request): string | null {
  const key = request.headers.get("api-key");
  if (key !== null) return key;
  return /^bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}

/** Digests are compared, each as a whole: how long it takes says nothing of a key. */
async function isOneOf(given: string, keys: readonly string[]): Promise<boolean> {
  const wanted = await digestOf(given);
  let found = false;
  for (const key of keys) {
    const digest = await digestOf(key);
    let difference = 0;
    for (let i = 0; i < digest.length; i++) difference |= digest[i]! ^ wanted[i]!;
    found = difference === 0 || found;
  }
  return found;
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
