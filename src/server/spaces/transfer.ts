/* How does a space come out of a collection as an export, and into one? */
import type { VectorIndex } from "../../api/vector-index.ts";
import { openSearch } from "../../search.ts";
import { ensureField } from "../../store/ensure-field.ts";
import type { Store } from "../../store/store.ts";
import type { Key } from "../../values/keys.ts";
import { HIDDEN } from "../points/indexes.ts";
import { busy, Refusal, wrongInput } from "../wire/refusals.ts";
import { notOurs } from "./names.ts";

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The index stays open until the client has the export, or goes. */
export async function exported(store: Store, collection: string, spaces: readonly string[]): Promise<Response> {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const reader = await new Promise<Reader>((resolve, reject) => {
    const used = store.use(collection, (index) => {
      resolve(index.export(spaces).getReader() as Reader);
      return ended;
    });
    used.catch(reject);
  });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value!);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      end();
    },
    async cancel() {
      await reader.cancel();
      end();
    },
  });
  return new Response(body, { headers: { "content-type": "application/octet-stream" } });
}

const AT_ONCE = 1000; // entries
/** One at a time in the process: each needs memory for a whole export. */
let isImporting = false;

/**
 * Adds what an export holds, or replaces what is under the same keys. `into`: the space for the one that was exported; null: each
 * keeps its name. `mayAddFields`: whether the collection gets those fields of the export that it lacks. The vectors are linked
 * again. Memory for all of the export is needed until the end.
 */
export async function imported(
  index: VectorIndex,
  body: AsyncIterable<Uint8Array>,
  into: string | null,
  mayAddFields: boolean,
): Promise<{ spaces: number; entries: number }> {
  if (isImporting) throw busy("Too many requests: another import is running");
  isImporting = true;
  try {
    return await importedAlone(index, body, into, mayAddFields);
  } finally {
    isImporting = false;
  }
}

async function importedAlone(
  index: VectorIndex,
  body: AsyncIterable<Uint8Array>,
  into: string | null,
  mayAddFields: boolean,
) {
  const from = await openSearch({ from: streamOf(body) });
  try {
    const { dimensions, metric } = index.options;
    const names = from.spaces();
    if (names.length > 0 && (from.dimensions !== dimensions || from.metric !== metric)) {
      throw wrongInput(
        `the export has ${from.dimensions} dimensions under ${from.metric}, not ${dimensions} under ${metric}`,
      );
    }
    if (into !== null && names.length > 1) throw wrongInput(`the export holds ${names.length} spaces, not one`);
    for (const name of names) notOurs(into ?? name);
    for (const [name, type] of Object.entries(from.fields)) {
      if (Object.hasOwn(index.fields, name) || name.startsWith(HIDDEN)) continue; // those of points are the server's own
      if (!mayAddFields)
        throw new Refusal(403, `Forbidden: this token may not add the field "${name}" to the collection`);
      await ensureField(index, name, type);
    }
    let entries = 0;
    for (const name of names) entries += await copied(from.space(name), index.space(into ?? name));
    return { spaces: names.length, entries };
  } finally {
    from.close();
  }
}

type Source = ReturnType<Awaited<ReturnType<typeof openSearch>>["space"]>;
type Target = ReturnType<VectorIndex["space"]>;

async function copied(source: Source, target: Target): Promise<number> {
  const include = ["metadata", "vector", "expiresAt"] as const;
  let count = 0;
  for (let after: string | null | undefined; after !== null; ) {
    const { entries, next } = await source.page({ include, limit: AT_ONCE, ...(after === undefined ? {} : { after }) });
    const groups = new Map<string, typeof entries>();
    for (const entry of entries) {
      const alike = `${entry.vector === undefined} ${entry.expiresAt}`;
      groups.set(alike, [...(groups.get(alike) ?? []), entry]);
    }
    for (const [first, ...others] of groups.values()) {
      const all = [first!, ...others];
      const vectors = first!.vector === undefined ? null : all.map(({ vector }) => vector!);
      const documents = all.map(({ metadata }) => metadata ?? (vectors === null ? {} : undefined));
      const hasDocuments = documents.some((document) => document !== undefined);
      const options = first!.expiresAt === undefined ? undefined : { expiresAt: first!.expiresAt };
      const keys: Key[] = all.map(({ key }) => key);
      await target.addMany(keys, vectors, hasDocuments ? documents : undefined, options);
    }
    count += entries.length;
    after = next;
  }
  return count;
}

function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
