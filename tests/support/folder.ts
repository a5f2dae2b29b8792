/* Where does a test keep an index? In a folder that goes away with the test, opened again and again. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWith } from "../../src/api/open.ts";
import type { OpenOptions } from "../../src/index.ts";

export class Folder implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "hnsw-workers-test-"));
  /** Where the index is. */
  readonly path = join(this.root, "index");

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /**
   * What a crash would leave now: a copy of everything while nothing is written. For the files that is the same as
   * killing the process.
   */
  crashed(): Folder {
    const copy = new Folder();
    cpSync(this.path, copy.path, { recursive: true });
    return copy;
  }

  /** Opens the index; it closes itself at the end of the block. */
  async open(options: OpenOptions) {
    const parts = await openWith({ path: this.path, ...options }, {});
    return { ...parts, [Symbol.asyncDispose]: () => parts.index.close() };
  }
}
