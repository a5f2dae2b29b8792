/* How do many points come in one request? A line of JSON each, read as it comes: no more is in memory than is being written. */
import { parse } from "../wire/json.ts";
import { Refusal } from "../wire/refusals.ts";
import type { Read } from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import type { Progress } from "./operations.ts";
import { point, upsert } from "./writes.ts";

const BATCH_BYTES = 1_048_576;
const BATCH_POINTS = 1000;
const MOST_WRITING = 4; // batches
const LONGEST_LINE = 4_194_304;

/**
 * Lines before `fromLine`, counted from 1, are passed over: a request that broke off goes on there. Rejects with a Refusal
 * that names the first bad line and how many lines before it are on the disk. `ingested` follows what is on the disk: all lines up to
 * that one.
 */
export async function ingest(
  collection: Collection,
  pieces: AsyncIterable<Uint8Array>,
  fromLine: number,
  ingested: Pick<Progress, "lines" | "points"> = { lines: 0, points: 0 },
) {
  const writing: { done: Promise<void>; lines: number; points: number }[] = [];
  let batch: Read<typeof point>[] = [];
  let [bytes, line] = [0, 0];
  const finishOne = async () => {
    const { done, lines, points } = writing.shift()!;
    await done;
    ingested.lines = lines;
    ingested.points += points;
  };
  const send = async () => {
    const points = batch;
    [batch, bytes] = [[], 0];
    const write = upsert(collection, { points } as Parameters<typeof upsert>[1]);
    await write.prepare?.();
    const done = write();
    done.catch(() => {}); // `finishOne` rejects with it
    writing.push({ done, lines: line, points: points.length });
    if (writing.length >= MOST_WRITING) await finishOne();
  };
  try {
    for await (const text of linesOf(pieces)) {
      line++;
      if (line < fromLine || text.trim() === "") continue;
      batch.push(read(collection, text));
      bytes += text.length;
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_POINTS) await send();
    }
    if (batch.length > 0) await send();
    while (writing.length > 0) await finishOne();
    ingested.lines = line;
    return { lines: line, points: ingested.points };
  } catch (error) {
    await Promise.allSettled(writing.map(({ done }) => done));
    if (!(error instanceof Error)) throw error;
    const status = error instanceof Refusal ? error.status : 400;
    const before = `the lines up to ${ingested.lines} are on the disk, later ones before it may be`;
    throw new Refusal(status, `Line ${line}: ${error.message} (${before})`);
  }
}

function read(collection: Collection, text: string): Read<typeof point> {
  let value: ReturnType<typeof parse>;
  try {
    value = parse(text);
  } catch {
    throw new Refusal(400, "it is not JSON");
  }
  const found = point.read(value, "the line");
  const length = found.vector?.length;
  if (length === undefined || length === collection.size) return found;
  throw new Refusal(400, `Vector dimension error: expected dim: ${collection.size}, got ${length}`);
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) throw new Refusal(413, `it is longer than ${LONGEST_LINE} characters`);
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
