/* What does an export of the release before hold? Spaces, frame by frame. */
import { F_COUNT, FRAME_END, FRAME_FINISH, FRAME_GONE } from "../../../assembly/layout.ts";
import { HnswError } from "../../errors.ts";
import {
  BadFrame,
  checkFrame,
  FORMER_VERSION,
  FrameSplitter,
  kindOf,
  MAGIC,
  ownHash,
  viewOn,
} from "../../snapshot/frames.ts";
import type { Target } from "./former-folder.ts";
import { type FormerSpace, formerEntries, formerSpace } from "./former-frames.ts";

/** Its frames, checked. `chunks`: its bytes from the first on. Throws EXPORT_FOREIGN or BadFrame. */
export async function* formerExport(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const splitter = new FrameSplitter();
  let head = new Uint8Array(0);
  for await (const chunk of chunks) {
    const missing = MAGIC.length - head.length;
    if (missing > 0) {
      head = Uint8Array.of(...head, ...chunk.subarray(0, missing));
      if (head.length < MAGIC.length) continue;
      expectMagic(head);
    }
    for (const frame of splitter.push(chunk.subarray(missing))) {
      checkFrame(frame, ownHash!);
      yield frame.body;
    }
  }
  if (head.length < MAGIC.length || !splitter.isBetweenFrames) throw new BadFrame("it was cut off");
}

function expectMagic(head: Uint8Array): void {
  const version = MAGIC.length - 1;
  const isOurs = MAGIC.subarray(0, version).every((byte, i) => head[i] === byte);
  if (isOurs && head[version] === FORMER_VERSION) return;
  if (!isOurs) throw new HnswError("EXPORT_FOREIGN", "What is to be upgraded is no export of this package.");
  const [found, ours] = [head[version]!, MAGIC[version]!];
  let cure = "use the version that wrote it";
  if (found > ours) cure = "a newer version wrote it, use that";
  if (found === ours) cure = "there is nothing to upgrade";
  const message = `What is to be upgraded has format ${found}, this version upgrades ${FORMER_VERSION}: ${cure}.`;
  throw new HnswError("EXPORT_FOREIGN", message);
}

/** Does to a target what makes an index of the same content. `begin`: called with the first space. Throws BadFrame. */
export async function copyExport(
  frames: AsyncGenerator<Uint8Array>,
  begin: (first: FormerSpace | null) => Promise<Target>,
): Promise<void> {
  let target: Target | null = null;
  let space: FormerSpace | null = null;
  let loaded = 0;
  for await (const body of frames) {
    const kind = kindOf(body);
    if (kind === FRAME_FINISH) {
      if (space !== null || viewOn(body).getUint32(F_COUNT, true) !== loaded) throw new BadFrame("spaces are missing");
      await (target ?? (await begin(null)));
      return;
    }
    if (kind === FRAME_GONE) {
      if (space !== null) await target!.drop(space.name);
      space = null;
      continue;
    }
    space = formerSpace(body) ?? space;
    if (space === null) throw new BadFrame("a frame belongs to no space");
    target ??= await begin(space);
    await target.add(space.name, Array.from(formerEntries(body, space)));
    if (kind !== FRAME_END) continue;
    loaded++;
    space = null;
  }
  throw new BadFrame("it was cut off");
}
