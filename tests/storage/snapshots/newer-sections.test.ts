/* What happens to a folder in whose snapshots a newer version has written sections that this one does not know? */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FRAME_OPTIONAL, FRAME_SPACE } from "../../../assembly/layout.ts";
import { CHECKSUM_BYTES, kindOf, MAGIC, ownHash, putFrame, readSpaceFrame } from "../../../src/snapshot/frames.ts";
import { framesFrom, readSection } from "../../../src/storage/snapshots/file.ts";
import { Folder } from "../../support/folder.ts";
import { refusalOf, uniform } from "../../support/indexes.ts";

const OPTIONS = { dimensions: 8, metric: "l2", workers: 0, partitions: 1 } as const;
const UNKNOWN = 99;
const SET = uniform(20, 8, 71);

/** A folder with one snapshot. Returns its file, and copies of its frames. */
async function snapshotIn(folder: Folder) {
  const { index } = await folder.open(OPTIONS);
  for (let i = 0; i < 20; i++) await index.space("s").add(i, SET.at(i));
  await index.checkpoint();
  await index.close();
  const path = join(folder.path, "snapshots", readdirSync(join(folder.path, "snapshots"))[0]!);
  const frames = Array.from(framesFrom(path, MAGIC.length, statSync(path).size), (body) => Uint8Array.from(body));
  return { path, frames };
}

function withKind(body: Uint8Array, kind: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(body);
  new DataView(copy.buffer).setUint32(4, kind, true);
  expect(kindOf(copy)).toBe(kind);
  return copy;
}

function write(path: string, frames: Uint8Array[]): void {
  const pieces = frames.map((body) => {
    const piece = new Uint8Array(body.length + CHECKSUM_BYTES);
    putFrame(body, ownHash!, piece, 0);
    return piece;
  });
  writeFileSync(path, Buffer.concat([MAGIC, ...pieces]));
}

test.each(["refuse", "salvage"] as const)(
  "one that must be known is named and changes nothing (%s)",
  async (onDamage) => {
    using folder = new Folder();
    const { path, frames } = await snapshotIn(folder);
    const second = frames.findIndex((body) => kindOf(body) !== FRAME_SPACE);
    write(path, frames.with(second, withKind(frames[second]!, UNKNOWN)));
    const before = readFileSync(path);
    const error = await refusalOf(() => folder.open({ ...OPTIONS, onDamage }));
    expect(error.code).toBe("PATH_FOREIGN");
    expect(error.message).toInclude(`a newer version wrote it (a section of kind ${UNKNOWN} is not known here)`);
    expect(readFileSync(path)).toEqual(before);
  },
);

test("one that may be skipped is", async () => {
  using folder = new Folder();
  const { path, frames } = await snapshotIn(folder);
  write(path, frames.toSpliced(1, 0, withKind(frames[1]!, (FRAME_OPTIONAL | UNKNOWN) >>> 0)));
  const { id, sequence } = readSpaceFrame(frames[0]!)!;
  const bytes = statSync(path).size - MAGIC.length;
  const read = Array.from(readSection({ path, offset: MAGIC.length, bytes, space: id, sequence }), (body) =>
    body.slice(),
  );
  expect(read).toEqual(frames);
});
