/* How does a collection get a field that several callers may want at once? */
import type { VectorIndex } from "../api/vector-index.ts";
import type { FieldType } from "../documents/fields.ts";

/** Adds a field unless there is one of that name and type. Rejects as `addField`: with BAD_OPTION where it has another type. */
export async function ensureField(index: VectorIndex, name: string, type: FieldType): Promise<void> {
  const isThere = () => Object.hasOwn(index.fields, name) && index.fields[name]!.type === type;
  if (isThere()) return;
  try {
    await index.addField(name, type);
  } catch (error) {
    if (!isThere()) throw error; // else another caller's was first
  }
}
