/*
 * How does an import that was cut off go on? By a note in the index itself that says how far it came; it is written once that
 * much is on the disk, and removed at the end.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";

/** Holds the notes of imports that have not ended. */
const SPACE = "hnsw-workers/import";

export class ImportNote<T extends object> {
  private constructor(
    private readonly index: VectorIndex,
    private readonly space: Space<string>,
    private readonly name: string,
    /** What an import of that name has left. */
    readonly found: T | undefined,
  ) {}

  /** `name`: what is imported, and where to. */
  static async open<T extends object>(index: VectorIndex, name: readonly unknown[]): Promise<ImportNote<T>> {
    const space = index.space<string>(SPACE);
    const key = JSON.stringify(name);
    const entry = await space.get(key, { include: ["metadata"] });
    return new ImportNote<T>(index, space, key, (entry?.metadata as Record<string, T> | undefined)?.[SPACE]);
  }

  async write(value: T): Promise<void> {
    await this.space.add(this.name, null, { [SPACE]: value }); // a property that no field of the index has
  }

  async end(): Promise<void> {
    await this.space.delete(this.name);
    if (this.space.size === 0) await this.index.dropSpace(SPACE);
  }
}

/** Changes when a file does, or one in a folder. */
export function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return `${size} ${mtimeMs}`;
  const names = readdirSync(path, { recursive: true }).map(String).sort();
  return names
    .map((name) => `${name} ${statSync(join(path, name)).size} ${statSync(join(path, name)).mtimeMs}`)
    .join("\n");
}
