/* Which shape has the index that a command is to open, if there is one yet? */
import { existsSync, readdirSync } from "node:fs";
import { HnswError } from "../../errors.ts";
import type { Shape } from "../../options/shape.ts";
import { findFolder, shapeIn } from "../../storage/disk/folder.ts";

/** What the index at `path` was created with; null if it is new. Rejects if it can't be read. */
export async function shapeOf(path: string, knowsDimensions: boolean): Promise<Shape | null> {
  if (!existsSync(path)) return null;
  try {
    return shapeIn(await findFolder(path));
  } catch (error) {
    // Empty, or its creation was interrupted: `open` decides whether it can be created there.
    const isNew = error instanceof HnswError && error.code === "PATH_FOREIGN";
    if (isNew && (knowsDimensions || readdirSync(path).length === 0)) return null;
    throw error;
  }
}
