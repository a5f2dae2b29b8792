/* Do the tables of routes in docs/SERVER.md name each route of the server, and none that it does not have? */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTES } from "../../src/server/routes/table.ts";
import { ROOT } from "./blocks.ts";

const SERVER = readFileSync(join(ROOT, "docs/SERVER.md"), "utf8");
/** What `…`, or a path that does not begin as others do, may stand behind in the table below a heading. */
const TABLES: Record<string, string[]> = {
  "What is served": ["/collections/{name}", "/collections/{name}/points"],
  "Beyond Qdrant": [],
  "Spaces, and a client": ["/v1/collections/{name}"],
};

/** The routes that `PUT /fields`, `…/exists` or `/v1/stats` stands for; without a method, all of the path. */
function meant(written: string, bases: readonly string[], heading: string): string[] {
  const [, method, path] = /^(?:([A-Z]+) )?(.*?)(?:\?.*)?$/.exec(written)!;
  const isBelow = path!.startsWith("…") || (heading === "Spaces, and a client" && !path!.startsWith("/v1"));
  const rest = path!.replace(/^…/, "").replace(/^\/$/, isBelow ? "" : "/");
  const paths = isBelow ? bases.map((base) => base + rest) : [rest];
  return ROUTES.filter((route) => paths.includes(route.path) && (method === undefined || route.method === method)).map(
    (route) => `${route.method} ${route.path}`,
  );
}

const lines = Object.entries(TABLES).flatMap(([heading, bases]) => {
  const section = SERVER.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  const cells = Array.from(section?.matchAll(/^\| ([^|]*\/[^|]*)\|/gm) ?? [], ([, cell]) => cell!);
  const names = cells.flatMap((cell) => Array.from(cell.matchAll(/`((?:[A-Z]+ )?[/…][^`]*)`/g), ([, name]) => name!));
  // The heads of tables name what their paths are below.
  return names
    .filter((name) => !(heading === "Spaces, and a client" && name === bases[0]))
    .map((name) => ({ name, routes: meant(name, bases, heading) }));
});

test("every line is a route", () => {
  expect(lines.length).toBeGreaterThan(40);
  expect(lines.filter(({ routes }) => routes.length === 0).map(({ name }) => name)).toEqual([]);
});

test("every route has a line", () => {
  const named = new Set(lines.flatMap(({ routes }) => routes));
  const all = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(all.filter((route) => !named.has(route))).toEqual([]);
});
