/* What does a site look like that serves the package to browsers, with and without cross-origin isolation? */
import { join } from "node:path";
import { MODULES } from "./install.ts";

/** What is used of playwright-core, which is there only once it is installed. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  fill(selector: string, text: string): Promise<void>;
  press(selector: string, key: string): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  screenshot(options: { path: string }): Promise<unknown>;
  on(event: "pageerror", listener: (error: Error) => void): void;
}

export interface Browser extends AsyncDisposable {
  newPage(): Promise<Page>;
}

/** With these two a page may share memory between threads. */
const ISOLATING = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves an empty page at /, `folders` by their names, and `bodies`; on a free port of this machine. */
export function serveSite(isolated: boolean, folders: Record<string, string>, bodies: Record<string, Uint8Array> = {}) {
  const headers = { ...(isolated ? ISOLATING : {}), "Access-Control-Allow-Origin": "*" };
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const [, name = "", ...rest] = new URL(request.url).pathname.split("/");
      if (name === "") {
        return new Response("<!doctype html><title>.</title>", {
          headers: { ...headers, "Content-Type": "text/html" },
        });
      }
      if (bodies[name]) return new Response(bodies[name].slice(), { headers });
      const folder = folders[name];
      const file = folder === undefined ? null : Bun.file(join(folder, ...rest));
      return file && (await file.exists())
        ? new Response(file, { headers })
        : new Response("not here", { status: 404, headers });
    },
  });
}

export async function launch(executablePath: string): Promise<Browser> {
  const { chromium } = await import(join(MODULES, "playwright-core/index.mjs"));
  const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync", ...quiet] });
}
