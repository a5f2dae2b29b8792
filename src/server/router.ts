/* Which route is meant by a method and a path, and what is said where there is none? */
import type { Route } from "./routes/route.ts";
import { notServed, Refusal } from "./wire/refusals.ts";

/** Decoded, without `basePath`. Throws Refusal. */
export function segmentsOf(pathname: string, basePath: string): string[] {
  if (pathname !== basePath && !pathname.startsWith(`${basePath}/`)) throw notFound();
  try {
    return pathname
      .slice(basePath.length)
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    throw new Refusal(400, "Wrong input: the path is not encoded as UTF-8");
  }
}

function notFound(): Refusal {
  return new Refusal(404, "Not found: there is no such path; /openapi.json lists those there are");
}

/** Parts of Qdrant's interface that a path may belong to. */
const NOT_SERVED = ["snapshots", "recommend", "discover", "shards", "cluster", "locks", "issues", "optimizations"];

export class Router {
  private readonly byLength = new Map<number, { route: Route; segments: string[] }[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = route.path.split("/").filter((segment) => segment !== "");
      const others = this.byLength.get(segments.length) ?? [];
      this.byLength.set(segments.length, [...others, { route, segments }]);
    }
  }

  /** Of several that fit, the one that names more. */
  find(method: string, given: readonly string[]): { route: Route; params: Record<string, string> } | null {
    let best: { route: Route; params: Record<string, string> } | null = null;
    for (const { route, segments } of this.byLength.get(given.length) ?? []) {
      if (route.method !== method) continue;
      const params = paramsOf(segments, given);
      if (params === null) continue;
      if (best === null || Object.keys(params).length < Object.keys(best.params).length) best = { route, params };
    }
    return best;
  }

  refusalOf(method: string, given: readonly string[]): Refusal {
    const name = given.find((segment, i) => i !== 1 && NOT_SERVED.includes(segment));
    if (name !== undefined) return notServed(name);
    const others = ["GET", "PUT", "POST", "PATCH", "DELETE"].filter((other) => this.find(other, given) !== null);
    if (others.length === 0) return notFound();
    return new Refusal(405, `Method not allowed: ${method}; there is ${others.join(", ")}`, {
      allow: others.join(", "),
    });
  }
}

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    if (segment.startsWith("{")) params[segment.slice(1, -1)] = given[i]!;
    else if (segment !== given[i]) return null;
  }
  return params;
}
