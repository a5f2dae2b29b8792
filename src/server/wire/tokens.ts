/* Who does a token say that its bearer is? JSON Web Tokens (RFC 7519), signed with HMAC-SHA256 alone. */
import { isRecord, parse, type Value } from "./json.ts";
import { Refusal } from "./refusals.ts";

/** What a caller may do; each includes those before it. `manage`: create, drop and rename collections. */
export type Right = "read" | "write" | "manage";

export interface Caller {
  /** For the rate limit: whose requests count together. */
  id: string;
  /** Everywhere; null where `collections` says more. */
  right: Right | null;
  /** By the name of a collection. */
  collections: ReadonlyMap<string, Right>;
  /** Spaces of collections, for routes that name one. */
  spaces: readonly SpaceRight[];
}

export interface SpaceRight {
  collection: string;
  right: Right;
  /** Of one space; or what the names of several begin with, up to a delimiter: "user-1" must not mean "user-10". */
  name: string;
  isPrefix: boolean;
}

const LONGEST = 8192;

/** Null for a text that is no token. Rejects with Refusal for one that does not hold. */
export async function callerOf(text: string, secrets: readonly string[], now = Date.now()): Promise<Caller | null> {
  const parts = text.length > LONGEST ? null : /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text);
  if (parts === null) return null;
  const [, head, body, signature] = parts as unknown as [string, string, string, string];
  const header = jsonOf(head);
  if (!isRecord(header) || header.alg !== "HS256") throw invalid("it must be signed with HS256");
  const signed = new TextEncoder().encode(`${head}.${body}`);
  let isSigned = false;
  for (const secret of secrets) isSigned = (await isSignedWith(secret, bytesOf(signature), signed)) || isSigned;
  if (!isSigned) throw invalid("its signature does not hold");
  const claims = jsonOf(body);
  if (!isRecord(claims)) throw invalid("it holds no claims");
  if (typeof claims.exp !== "number") throw invalid("it has no `exp`");
  if (claims.exp * 1000 <= now) throw invalid("it has expired");
  if (typeof claims.nbf === "number" && claims.nbf * 1000 > now) throw invalid("it does not hold yet");
  return { id: `token ${typeof claims.sub === "string" ? claims.sub : body}`, ...rightsIn(claims.access) };
}

/** "r", "m", or a list of collections with "r" or "rw" each, as Qdrant has it. */
function rightsIn(access: Value | undefined): Omit<Caller, "id"> {
  if (access === "r") return everywhere("read");
  if (access === "m") return everywhere("manage");
  if (!Array.isArray(access)) throw invalid('its `access` is neither "r" nor "m" nor a list of collections');
  const collections = new Map<string, Right>();
  const spaces: SpaceRight[] = [];
  for (const one of access) {
    const known = isRecord(one) && Object.keys(one).every((name) => CLAIMS.includes(name));
    if (!known || typeof one.collection !== "string" || (one.access !== "r" && one.access !== "rw")) {
      throw invalid('each of its `access` must be {"collection": …, "access": "r" or "rw"}');
    }
    const right = one.access === "r" ? "read" : "write";
    const space = spaceIn(one);
    if (space === null) collections.set(one.collection, right);
    else spaces.push({ collection: one.collection, right, ...space });
  }
  return { right: null, collections, spaces };
}

export function everywhere(right: Right): Omit<Caller, "id"> {
  return { right, collections: new Map(), spaces: [] };
}

const CLAIMS = ["collection", "access", "space", "prefix"];
const DELIMITER = /[/:.|#_-]$/;

/** Null: all of them. */
function spaceIn({ space, prefix }: { [name: string]: Value }): { name: string; isPrefix: boolean } | null {
  if (space === undefined && prefix === undefined) return null;
  if (typeof space === "string" && space !== "" && prefix === undefined) return { name: space, isPrefix: false };
  if (typeof prefix === "string" && space === undefined && DELIMITER.test(prefix))
    return { name: prefix, isPrefix: true };
  throw invalid('a part of its `access` must name a "space", or a "prefix" that ends in one of / : . | # _ -');
}

const RANK: Record<Right, number> = { read: 1, write: 2, manage: 3 };

/**
 * `collection`: by its own name, not by an alias; null for what concerns all of them. `space`: the one that it is about; null for what
 * concerns the whole collection.
 */
export function may(caller: Caller, wanted: Right, collection: string | null, space: string | null = null): boolean {
  const { right, collections, spaces } = caller;
  const given = right ?? (collection === null ? undefined : collections.get(collection));
  if (given !== undefined && RANK[given] >= RANK[wanted]) return true;
  return spaces.some((one) => {
    if (space === null || one.collection !== collection || RANK[one.right] < RANK[wanted]) return false;
    return one.isPrefix ? space.startsWith(one.name) && space !== one.name : space === one.name;
  });
}

/** Whether there is a space of the collection that the caller may read. */
export function mayInPart({ spaces }: Caller, collection: string | null): boolean {
  return spaces.some((one) => one.collection === collection);
}

async function isSignedWith(secret: string, signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, signature, signed);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
  } catch {
    throw invalid("it is not in base64url");
  }
}

function jsonOf(text: string): Value {
  try {
    return parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(text)));
  } catch {
    throw invalid("it is not made of JSON");
  }
}

function invalid(why: string): Refusal {
  return new Refusal(401, `Invalid token: ${why}`);
}
