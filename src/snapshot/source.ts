/* How do the frames of an export come in? From whatever was given as `from`, in chunks of any size. */
import { HnswError, messageOf } from "../errors.ts";
import { Slice } from "../runtime/event-loop.ts";
import { kindOf } from "../values/kind.ts";
import { isNumberArray } from "../values/number-arrays.ts";
import { BadFrame, FORMER_VERSION, type Frame, FrameSplitter, MAGIC } from "./frames.ts";

/** Throws BAD_OPTION for what is not a source, EXPORT_FOREIGN, or BadFrame. */
export async function* framesOf(source: unknown): AsyncGenerator<Frame> {
  const splitter = new FrameSplitter();
  const slice = new Slice(); // a stream may bring no frame for long
  let head = new Uint8Array(0);
  for await (const chunk of chunksOf(source)) {
    if (slice.isOver) await slice.next();
    try {
      const missing = MAGIC.length - head.length;
      if (missing > 0) {
        head = Uint8Array.of(...head, ...chunk.subarray(0, missing));
        if (head.length < MAGIC.length) continue;
        checkMagic(head);
      }
      yield* splitter.push(chunk.subarray(missing));
    } catch (error) {
      throw isGone(chunk) ? new BadFrame("its buffer was transferred, or became smaller") : error;
    }
  }
  if (head.length < MAGIC.length || !splitter.isBetweenFrames) throw new BadFrame("it was cut off");
}

async function* chunksOf(source: unknown): AsyncGenerator<Uint8Array> {
  if (isBytes(source)) yield source;
  else if (kindOf(source) === "ArrayBuffer") yield bytesOf(source as ArrayBuffer);
  else if (source instanceof Blob) yield* streamed(source.stream());
  else if (source instanceof ReadableStream) yield* streamed(source);
  else if (source instanceof Response) {
    if (!source.ok) throw new HnswError("EXPORT_FOREIGN", `The response to \`from\` has status ${source.status}.`);
    if (source.bodyUsed)
      throw badSource("a response that has not been read: call `response.clone()` before reading it");
    if (source.body !== null) yield* streamed(source.body);
  } else {
    throw badSource("a Uint8Array, ArrayBuffer, Blob, Response or ReadableStream of what `index.export()` returned");
  }
}

/** Also of another realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || (isNumberArray(value) && kindOf(value) === "Uint8Array");
}

export function bytesOf(buffer: ArrayBuffer): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch {
    throw badSource("a buffer that was not transferred elsewhere");
  }
}

/** Whether its buffer does not reach as far as it did when the view was made. */
export function isGone(view: Uint8Array): boolean {
  try {
    return view.subarray().length < 0;
  } catch {
    return true;
  }
}

export function badSource(wanted: string): HnswError {
  return new HnswError("BAD_OPTION", `\`from\` must be ${wanted}.`);
}

/** At the end, for any reason, the stream is cancelled and unlocked. */
async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (stream.locked) throw badSource("a stream or response that has no other reader");
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(failed);
      if (done) break;
      if (!isBytes(value)) throw badSource("a stream of Uint8Arrays, like that of `index.export()`");
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // not awaited: its source may take its time
    reader.releaseLock();
  }
}

function failed(cause: unknown): never {
  throw new BadFrame(`its stream failed: ${messageOf(cause).replace(/\.$/, "")}`, { cause });
}

/** Throws EXPORT_FOREIGN for what does not begin like an export of this version. */
export function checkMagic(head: Uint8Array): void {
  const version = head.length - 1;
  if (MAGIC.subarray(0, version).some((byte, i) => head[i] !== byte)) {
    throw new HnswError("EXPORT_FOREIGN", "`from` does not begin like an export of this package.");
  }
  if (head[version] === MAGIC[version]) return;
  const [found, ours] = [head[version]!, MAGIC[version]!];
  let cure = "export it again with this version";
  if (found > ours) cure = "a newer version wrote it, use that";
  if (found === FORMER_VERSION) cure = "`hnsw-workers upgrade OLD NEW` converts it";
  throw new HnswError("EXPORT_FOREIGN", `\`from\` has format ${found}, this version reads ${ours}: ${cure}.`);
}
