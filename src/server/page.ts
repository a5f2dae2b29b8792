/* What does a browser get at /dashboard? Three files that are part of the package. They hold no data, so they need no key. */
import type { PageFile } from "./page-files.ts";

/** Nothing from elsewhere, nothing in a frame; texts can't become programs. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

interface Ready {
  type: string;
  text: string;
  packed: Uint8Array<ArrayBuffer>;
  tag: string;
}

let ready: Promise<Map<string, Ready>> | null = null;

/** Null: the path is not the page's. `segments`: of the path below `basePath`. */
export async function pageAt(
  request: Request,
  segments: readonly string[],
  basePath: string,
): Promise<Response | null> {
  const [name, file = "index.html", ...rest] = segments;
  if (name !== "dashboard" || rest.length > 0 || request.method !== "GET") return null;
  const isPage = segments.length === 1;
  if (isPage && new URL(request.url).pathname.endsWith("/")) {
    // Its files are named relative to the address without a slash.
    return new Response(null, { status: 308, headers: { location: `${basePath}/dashboard` } });
  }
  ready ??= load();
  const found = (await ready).get(file);
  if (found === undefined || (!isPage && file === "index.html")) return null;
  const { type, text, packed, tag } = found;
  const headers = { ...HEADERS, "content-type": type, etag: tag, vary: "accept-encoding" };
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  const takesGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  return takesGzip
    ? new Response(packed, { headers: { ...headers, "content-encoding": "gzip" } })
    : new Response(text, { headers });
}

async function load(): Promise<Map<string, Ready>> {
  const { pageFiles } = await import("./page-files.ts");
  const files = await pageFiles();
  return new Map(
    await Promise.all(Object.entries(files).map(async ([name, file]) => [name, await prepare(file)] as const)),
  );
}

async function prepare({ type, text }: PageFile): Promise<Ready> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const packed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")));
  return { type, text, packed: new Uint8Array(await packed.arrayBuffer()), tag: `"${hex.slice(0, 24)}"` };
}
