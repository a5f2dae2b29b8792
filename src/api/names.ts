/* Which spaces does a call name? */

import type { Handle } from "../engine/handle.ts";
import type { Host } from "../engine/host.ts";
import { exists } from "../engine/query.ts";
import { HnswError } from "../errors.ts";
import { badOption } from "../options/checks.ts";

/** Throws BAD_SPACE for what can't be the name of a space. */
export function checkSpaceName(host: Host, name: unknown): asserts name is string {
  if (typeof name !== "string") throw new HnswError("BAD_SPACE", `A space name must be a string, not ${typeof name}.`);
  try {
    host.seats[0]!.putKey(name);
  } catch (error) {
    throw new HnswError("BAD_SPACE", (error as Error).message.replace("A key", "A space name"), { cause: error });
  }
}

/** The name of a space that exists. Throws BAD_SPACE, CLOSED or TIMEOUT. */
export function existingSpace(handle: Handle, name: unknown): string {
  checkSpaceName(handle, name);
  if (exists(handle, name)) return name;
  throw new HnswError("BAD_SPACE", `There is no space "${name}".`);
}

/** The spaces that an export is to hold, null for all. `call`: the method's name. Throws as `existingSpace`, or BAD_OPTION. */
export function namesToExport(handle: Handle, spaces: unknown, call: string): ReadonlySet<string> | null {
  if (spaces === undefined) return null;
  if (Array.isArray(spaces)) return new Set(Array.from(spaces, (name) => existingSpace(handle, name)));
  throw badOption(`What to export must be an array of names, as in \`index.${call}(["tenant-42"])\`.`);
}
