/* Where every entry needs a document: does everything that was loaded have one? */

import type { Condition } from "../documents/where.ts";
import { HnswError, type HnswErrorCode } from "../errors.ts";
import type { Handle } from "./handle.ts";
import { withMatches } from "./matches.ts";

/** Entries without a document. */
export const UNDOCUMENTED: Condition = { is: "not", of: { is: "documented" } };

/** Rejects with that code, where `metadata` is required, if some entry that has not expired has none. */
export async function expectDocuments(handle: Handle, code: HnswErrorCode): Promise<void> {
  if (handle.settings.metadata !== "required") return;
  const now = Date.now();
  for (const name of await handle.names()) {
    const count = await withMatches(
      handle,
      name,
      UNDOCUMENTED,
      now,
      () => 0,
      (found) => found.count,
    );
    if (count > 0) throw lackingDocuments(code, name, count);
  }
}

export function lackingDocuments(code: HnswErrorCode, space: string, count: number): HnswError {
  const cure = 'open it with `metadata` "optional", and give them documents';
  return new HnswError(code, `Space "${space}" has ${count} entries without metadata, which is required: ${cure}.`);
}
