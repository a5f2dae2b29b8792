/*
 * `import --from-qdrant`: how does a collection of a Qdrant server get into a folder? Page by page, each noted once it is
 * on the disk, so that an import that was cut off goes on where it was; at its end points are counted, and a sample of
 * searches is compared.
 */
import { open } from "../../api/open.ts";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import { type Page, type Point, QdrantCollection } from "../formats/qdrant.ts";
import type { Batch } from "../formats/sources.ts";
import { counted } from "../terminal/amounts.ts";
import { Progress } from "../terminal/progress.ts";
import { addBatch } from "./add-batch.ts";
import type { Arguments, Outcome } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { ImportNote } from "./import-note.ts";
import { EXACT, Reservoir } from "./import-sample.ts";
import { shapeOf } from "./shape.ts";

const NEAREST = 10;
const MOST_DOCUMENT_BYTES = 2 ** 20;

interface Note {
  /** Where the next page starts; integers as texts of digits. */
  next: { integer: string } | { uuid: string };
  imported: number;
}

export async function importFromQdrant(args: Arguments): Promise<Outcome> {
  const start = performance.now();
  const [path, name, url] = [args.at(0), args.at(1), args.text("from-qdrant")!];
  for (const option of ["all", "keys", "integer-keys", "dimensions", "collection", "text"]) {
    if (args.has(option)) throw args.wrong(`--${option} is for files`);
  }
  const spaceName = args.text("space") ?? name;
  const collection = await QdrantCollection.open(url, name, args.text("vector"), process.env.QDRANT_API_KEY);
  const expected = await collection.count();
  await using index = await openFor(path, args, collection);
  const space = index.space(spaceName);
  const notes = await ImportNote.open<Note>(index, [url, name, args.text("vector") ?? null, spaceName]);
  const note = notes.found;
  const isAlone = note !== undefined || space.size === 0;

  let imported = note?.imported ?? 0;
  using progress = new Progress();
  progress.start("adding", expected);
  progress.by(imported);
  const sample = new Reservoir<number[]>();
  for await (const page of collection.pages(note === undefined ? null : keyOf(note))) {
    await addPage(space, page, name);
    imported += page.points.length;
    for (const { vector } of page.points) if (vector !== null) sample.offer(vector);
    if (page.next !== null) await notes.write(noteOf(page.next, imported));
    progress.by(page.points.length);
  }
  progress.stop();
  await notes.end();

  const differing = isAlone ? await differingIn(sample.kept, collection, space, index.options.metric) : null;
  const report = {
    ...{ path, url, collection: name, space: spaceName, resumedAfter: note?.imported ?? 0, imported, expected },
    sample: differing === null ? null : { queries: sample.kept.length, differing },
    ms: performance.now() - start,
  };
  return { lines: linesOf(report), report, failed: imported !== expected || (differing ?? 0) > 0 };
}

async function openFor(path: string, args: Arguments, collection: QdrantCollection): Promise<VectorIndex> {
  const shape = await shapeOf(path, true);
  const wanted = args.text("metric") as Metric | undefined;
  const { dimensions } = collection;
  const metric = wanted ?? collection.metric;
  if (shape !== null && shape.dimensions !== dimensions) {
    const message = `The collection has ${dimensions} dimensions, the index has ${shape.dimensions}.`;
    throw new HnswError("BAD_DIMENSIONS", message);
  }
  // Commits, or a note could be on the disk before the points that it counts. A zero vector has no direction, not even there.
  const kept = { zeroVectors: "keep", maxDocumentBytes: MOST_DOCUMENT_BYTES } as const;
  return await open({ path, dimensions, metric, fields: fieldsOf(args), ...kept });
}

/** `addMany` takes entries with vectors, or entries without. */
async function addPage(space: Space, { points }: Page, collection: string): Promise<void> {
  const groups = Map.groupBy(points, ({ vector }) => vector !== null);
  for (const [hasVector, group] of groups) {
    const batch: Batch = {
      ...{ space: undefined, expiresAt: undefined, keys: group.map(({ id }) => id) },
      vectors: hasVector ? group.map(({ vector }) => vector!) : null,
      metadata: documentsOf(group, hasVector),
      placeOf: (i) => `${collection}, point ${group[i]!.id}`,
    };
    await addBatch(space, batch, () => {});
  }
}

/** An entry without a vector needs a document. */
function documentsOf(points: Point[], hasVector: boolean): unknown[] | null {
  if (hasVector && points.every(({ payload }) => payload === null)) return null;
  return points.map(({ payload }) => payload ?? (hasVector ? undefined : {}));
}

const noteOf = (next: Key, imported: number): Note => {
  return { next: typeof next === "string" ? { uuid: next } : { integer: String(next) }, imported };
};

function keyOf({ next }: Note): Key {
  if ("uuid" in next) return next.uuid;
  const number = Number(next.integer);
  return Number.isSafeInteger(number) ? number : BigInt(next.integer);
}

/** How many of these queries find other distances here than there. */
async function differingIn(
  queries: number[][],
  collection: QdrantCollection,
  space: Space,
  metric: Metric,
): Promise<number | null> {
  if (metric !== collection.metric) return null;
  let differing = 0;
  for (const query of queries) {
    if (metric === "cosine" && query.every((value) => value === 0)) continue;
    const theirs = await collection.scores(query, NEAREST);
    const hits = await space.search(query, { k: NEAREST, ef: EXACT });
    const ours = hits.map(({ distance }) => (metric === "l2" ? Math.sqrt(distance) : 1 - distance));
    const isSame = ours.length === theirs.length && ours.every((score, i) => isNear(score, theirs[i]!));
    if (!isSame) differing++;
  }
  return differing;
}

/** Sums of 32-bit floats in another order. */
const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));

interface Report {
  path: string;
  space: string;
  resumedAfter: number;
  imported: number;
  expected: number;
  sample: { queries: number; differing: number } | null;
}

function linesOf({ path, space, resumedAfter, imported, expected, sample }: Report): string[] {
  const resumed = resumedAfter === 0 ? "" : `, ${resumedAfter.toLocaleString("en-US")} of them before`;
  const lines = [`${path}: ${counted(imported, "point")} added in space "${space}"${resumed}`];
  if (imported !== expected) {
    lines.push(
      `the collection had ${counted(expected, "point")} when the import began: it was changed in the meantime`,
    );
  }
  if (sample === null)
    lines.push("no searches were compared: the space held other entries, or the metric is another one");
  else if (sample.differing === 0)
    lines.push(`${counted(sample.queries, "search", "searches")} found the same distances there`);
  else
    lines.push(`${sample.differing} of ${counted(sample.queries, "search", "searches")} found other distances there`);
  return lines;
}
