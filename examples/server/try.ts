/* What does a client of the service see? Starts it with a folder of its own, asks it a few things, and stops it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "notes-"));
const { url, stop } = await serve({ dimensions: 3, path: join(folder, "index"), port: 0 });

async function call(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(new URL(path, url), { method, body: body === undefined ? null : JSON.stringify(body) });
  console.log(`${method} ${decodeURIComponent(path)}\n  → ${response.status} ${await response.text()}`);
}

const query = (asked: object) => new URLSearchParams(Object.entries(asked));
const note = (text: string, createdAt: number, ...tags: string[]) => ({ text, tags, author: { id: "ada" }, createdAt });

try {
  await call("PUT", "/tenants/acme/notes/n1", { vector: [1, 0, 0], note: note("engines", 1, "machines") });
  await call("POST", "/tenants/acme/notes", {
    keys: ["n2", "n3"],
    vectors: [
      [0.9, 0.1, 0],
      [0, 1, 0],
    ],
    notes: [note("looms", 2, "machines", "cloth"), note("silk", 3, "cloth")],
  });
  await call("POST", "/tenants/acme/search", { vector: [1, 0, 0], k: 1, where: { tags: { $in: ["cloth"] } } });
  await call("PATCH", "/tenants/acme/notes/n3", { text: "silk and wool" });
  await call("GET", `/tenants/acme/notes?${query({ orderBy: "createdAt", descending: true, limit: 2 })}`);
  await call("GET", "/tenants/acme/tags");
  await call("DELETE", `/tenants/acme/notes?${query({ where: JSON.stringify({ createdAt: { $lt: 2 } }) })}`);
  await call("POST", "/tenants/acme/search", { vector: [1, 0, 0], where: { colour: "red" } });
} finally {
  await stop();
  rmSync(folder, { recursive: true });
}
