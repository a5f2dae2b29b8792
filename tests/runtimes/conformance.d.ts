import type { OpenOptions, VectorIndex } from "../../src/index.ts";
import type { openSearch } from "../../src/search.ts";

/** What a runtime passes in. */
export interface Kit {
  open(options: OpenOptions): Promise<VectorIndex>;
  openSearch?: typeof openSearch;
  core?: WebAssembly.Module;
  workers: number;
  partitions: number;
  /** How many random filters; 40 unless given. */
  filters?: number | undefined;
  arriving?: Uint8Array;
  only?: string;
}

export interface Result {
  name: string;
  ok: boolean;
  /** What went wrong. */
  detail: string;
  value: string | null;
}

export const cases: Record<string, (kit: Kit) => Promise<string | undefined>>;
export function run(kit: Kit): Promise<Result[]>;
export function built(kit: Kit, quantization?: "auto" | "none"): Promise<VectorIndex>;
export function digestOf(index: VectorIndex): Promise<string>;
