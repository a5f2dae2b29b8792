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
  /** By method and number of segments; those that name more segments come first. */
  private readonly known = new Map<string, { route: Route; segments: string[] }[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = route.path.split("/").filter((segment) => segment !== "");
      const key = `${route.method} ${segments.length}`;
      const others = this.known.get(key) ?? [];
      const all = [...others, { route, segments }].sort((a, b) => openIn(a.segments) - openIn(b.segments));
      this.known.set(key, all);
    }
  }

  /** Of several that fit, the one that names more. */
  find(method: string, given: readonly string[]): { route: Route; params: Record<string, string> } | null {
    const found = this.known.get(`${method} ${given.length}`)?.find(({ segments }) => fits(segments, given));
    return found === undefined ? null : { route: found.route, params: paramsOf(found.segments, given) };
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

const isOpen = (segment: string) => segment.startsWith("{");
const openIn = (segments: readonly string[]) => segments.filter(isOpen).length;

function fits(segments: readonly string[], given: readonly string[]): boolean {
  return segments.every((segment, i) => segment === given[i] || isOpen(segment));
}

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) if (isOpen(segment)) params[segment.slice(1, -1)] = given[i]!;
  return params;
}
