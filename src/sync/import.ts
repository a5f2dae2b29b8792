/* How does an index start from the bytes of an export before a call returns? Frame by frame, each checked as it is taken. */
import * as layout from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { FieldType } from "../documents/fields.ts";
import { behind, missingValues } from "../engine/add-field.ts";
import { lackingDocuments, UNDOCUMENTED } from "../engine/required.ts";
import {
  BadFrame,
  checkFrame,
  type Frame,
  FrameSplitter,
  isForNewer,
  kindOf,
  MAGIC,
  ownHash,
  readFieldsFrame,
  type SpaceFrame,
} from "../snapshot/frames.ts";
import { beginningOf, ExportLoader, importError } from "../snapshot/import.ts";
import { badSource, bytesOf, checkMagic, isBytes, isGone } from "../snapshot/source.ts";
import { kindOf as classOf } from "../values/kind.ts";
import { censusNow } from "./census.ts";
import type { SyncHandle } from "./handle.ts";
import { withMatchesNow } from "./reads.ts";

/** An export as bytes, whose beginning says what index it needs. */
export class ExportBytes {
  /** What its first space was created with; null when there is none. */
  readonly first: SpaceFrame | null;
  readonly fields: Readonly<Record<string, FieldType>>;
  private readonly bytes: Uint8Array;

  /** Throws BAD_OPTION, EXPORT_FOREIGN or EXPORT_DAMAGED. */
  constructor(source: unknown) {
    this.bytes = bytesIn(source);
    try {
      const { first, fields } = this.begin();
      this.first = first;
      this.fields = fields;
    } catch (error) {
      throw importError(error);
    }
  }

  private begin() {
    let fields: Readonly<Record<string, FieldType>> = {};
    for (const frame of this.frames()) {
      if (ownHash !== null) checkFrame(frame, ownHash);
      const kind = kindOf(frame.body);
      if (kind === layout.FRAME_FIELDS) fields = readFieldsFrame(frame.body);
      else if (!isForNewer(kind)) return { first: beginningOf({ ...frame, body: frame.body.slice() }), fields };
    }
    throw new BadFrame("it was cut off");
  }

  *frames(): Generator<Frame> {
    if (isGone(this.bytes)) throw new BadFrame("its buffer was transferred, or became smaller");
    const head = this.bytes.subarray(0, MAGIC.length);
    if (head.length === MAGIC.length) checkMagic(head);
    const splitter = new FrameSplitter();
    yield* splitter.push(this.bytes.subarray(MAGIC.length));
    if (head.length < MAGIC.length || !splitter.isBetweenFrames) throw new BadFrame("it was cut off");
  }

  /** Loads it into an empty index. Throws EXPORT_DAMAGED, EXPORT_FOREIGN or OUT_OF_MEMORY. */
  load(handle: SyncHandle): void {
    const loader = new ExportLoader(handle);
    try {
      for (const frame of this.frames()) loader.takeNow(frame);
      for (const { at } of loader.finishNow()) censusNow(handle, at!, true);
    } catch (error) {
      throw importError(error);
    }
    handle.link(0);
    for (const { name } of calls.spacesOf(handle.seat)) {
      if (handle.fields.table.size > 0) fillSpaceNow(handle, name);
      if (handle.settings.metadata === "required") expectDocumentsNow(handle, name);
    }
  }
}

/** Throws EXPORT_FOREIGN if some entry of a space that has not expired has no document. */
function expectDocumentsNow(handle: SyncHandle, space: string): void {
  const none = () => 0;
  const count = withMatchesNow(handle, space, UNDOCUMENTED, Date.now(), none, (found) => found.count);
  if (count > 0) throw lackingDocuments("EXPORT_FOREIGN", space, count);
}

function bytesIn(source: unknown): Uint8Array {
  if (isBytes(source)) return source;
  if (classOf(source) === "ArrayBuffer") return bytesOf(source as ArrayBuffer);
  throw badSource("a Uint8Array or an ArrayBuffer of what `exportBytes()` returned; `open` takes streams as well");
}

/** Gives every entry that its columns lack what its document has. */
function fillSpaceNow(handle: SyncHandle, space: string): void {
  const count = (): number =>
    withMatchesNow(
      handle,
      space,
      behind(handle),
      calls.NEVER,
      () => 0,
      ({ seat, count }) => {
        calls.relistMatches(seat);
        for (;;) {
          const found: calls.Listed[] = [];
          const listed = handle.guarded(() => calls.listMatches(seat, calls.NO_FIELD, (match) => found.push(match)));
          if (listed < 0) throw handle.refusal(listed, seat);
          if (listed === 0) break;
          for (const { ref } of found) {
            const read = handle.guarded(() => calls.matchAt(seat, ref, { row: true, vector: false }));
            if (typeof read === "number") throw handle.refusal(read, seat);
            const status = handle.guarded(() => calls.fillMatch(seat, ref, missingValues(handle, read.row!)));
            if (status !== layout.OK) throw handle.refusal(status, seat);
          }
        }
        return count;
      },
    );
  while (count() > 0);
}
