/*
 * In which space of its collection does a point belong? By the value of the tenant field: the points of a tenant are in a space
 * of their own, so a search for one tenant walks a graph of that tenant alone.
 */
import type { Filter } from "./filter.ts";
import { type Path, type Payload, valuesAt } from "./paths.ts";

/** The space of points without a tenant; of all points where no field is a tenant's. */
export const SPACE = "points";
/** Of points with several tenants, or one whose name is too long for a space's. */
export const SEVERAL = "several";
const PREFIX = "tenant/";
const LONGEST_NAME = 1024; // bytes

/** Whether a space of the index holds points. */
export function holdsPoints(space: string): boolean {
  return space === SPACE || space === SEVERAL || space.startsWith(PREFIX);
}

/** `tenant`: where in a payload the tenant stands; null: nowhere. */
export function spaceOf(tenant: Path | null, payload: Payload): string {
  if (tenant === null) return SPACE;
  const found = new Set<string>();
  for (const value of valuesAt(payload, tenant).flat()) {
    if (typeof value === "string" && value.isWellFormed()) found.add(value);
  }
  const [first] = found;
  if (first === undefined) return SPACE;
  return found.size === 1 ? spaceFor(first) : SEVERAL;
}

function spaceFor(tenant: string): string {
  const name = PREFIX + tenant;
  const isShort = name.length * 3 <= LONGEST_NAME || new TextEncoder().encode(name).length <= LONGEST_NAME;
  return isShort ? name : SEVERAL;
}

/** The spaces outside of which no point passes; null where the filter names no tenants. */
export function spacesFor(tenant: Path, filter: Filter): string[] | null {
  for (const condition of filter.must) {
    if (condition.is === "filter") {
      const found = spacesFor(tenant, condition.filter);
      if (found !== null) return found;
    }
    if (condition.is !== "field" || condition.path.text !== tenant.text) continue;
    for (const test of condition.tests) {
      const values = test.is === "value" ? [test.value] : test.is === "any" ? test.values : [null];
      if (!values.every((value) => typeof value === "string")) continue;
      return [...new Set([...values.map(spaceFor), SEVERAL])];
    }
  }
  return null;
}
