/* What can a user choose when an index is opened that works without waiting? What `open` takes, of one thread in memory. */
import { badOption, isObject, refuseUnknown } from "./checks.ts";
import { DOCUMENT_OPTIONS, type DocumentChoices } from "./documents.ts";
import { type OpenOptions, type OpenRequest, readOptions } from "./open.ts";

const TAKEN = [
  ...([
    "dimensions",
    "metric",
    "memoryLimit",
    "M",
    "efConstruction",
    "ef",
    "recall",
    "flatBelow",
    "quantization",
    "seed",
  ] as const),
  "core",
] as const;

type Choices = Pick<OpenOptions, (typeof TAKEN)[number]>;

/** What `openSync` takes; each is as in `open`. `M`: what documents look like. */
export type OpenSyncOptions<M = unknown> = Choices &
  DocumentChoices<M> & {
    /** What `exportBytes()` returned, here or elsewhere, that the index starts with. */
    from?: Uint8Array | ArrayBuffer | undefined;
  } & ({ dimensions: number } | { from: Uint8Array | ArrayBuffer });

/** @internal Throws BAD_OPTION. */
export function readSyncOptions(given: OpenSyncOptions): OpenRequest {
  if (!isObject(given)) throw badOption("openSync needs an object with at least `dimensions` or `from`.");
  refuseUnknown(given, [...TAKEN, "from", ...DOCUMENT_OPTIONS], "openSync");
  return readOptions({ ...given, workers: 0, partitions: 1 } as OpenOptions);
}
