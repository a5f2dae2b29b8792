/*
 * Where does a cluster keep its snapshots? In a stream beside the log, in pieces; a snapshot is there once its manifest is, which is
 * written when every piece was read back. A snapshot never changes, so a member that removes or reads one late does no harm.
 *
 *   pieces.<number>.<id>.<piece>       [SHA-256 of what follows, 32 bytes][at most 512 KiB]
 *   manifests.<part>.<number>.<id>     JSON
 *
 * A part is "all", or the number of a partition, as long as the cluster lives.
 */
import { createHash, type Hash } from "node:crypto";
import type { SideStream } from "../log/side-stream.ts";

const PIECE_BYTES = 512 * 1024;
const DIGEST_BYTES = 32;
const VERSION = 2;

/** What a snapshot is found by. */
export interface SnapshotName {
  /** What it holds: "all", or the number of a partition. */
  part: string;
  /** Of the last message of the log that is in it. */
  number: number;
  /** Tells snapshots at one number apart. */
  id: string;
}

/** What is known of a snapshot without reading it. */
export interface Manifest extends SnapshotName {
  version: number;
  /** Of the log. */
  incarnation: string;
  pieces: number;
  bytes: number;
  /** SHA-256 of all bytes, in hexadecimal digits. */
  sha256: string;
}

/** A snapshot can't be read as it was written. */
export class BadSnapshot extends Error {}

export class SnapshotStore {
  constructor(
    private readonly stream: SideStream,
    private readonly incarnation: string,
  ) {}

  /** Those of this log that hold that part, newest first. */
  async list(part: string): Promise<Manifest[]> {
    const found: Manifest[] = [];
    for (const name of await this.names(part)) {
      const manifest = await this.manifest(name);
      if (manifest !== null) found.push(manifest);
    }
    return found;
  }

  /** What there is, newest first, without a look at what it is. `part`: or "*" for all. */
  async names(part: string): Promise<SnapshotName[]> {
    const subjects = await this.stream.subjects(`manifests.${part}.>`);
    const names = subjects.map((subject) => {
      const [, part = "", number, id = ""] = subject.split(".");
      return { part, number: Number(number), id };
    });
    return names.sort((a, b) => b.number - a.number || (a.id < b.id ? -1 : 1));
  }

  /** Null where it is gone, or none of this log and version. */
  async manifest(name: SnapshotName): Promise<Manifest | null> {
    const bytes = await this.stream.last(manifestSubject(name));
    const manifest = bytes && this.manifestOf(bytes);
    const isThat = manifest?.number === name.number && manifest.id === name.id && manifest.part === name.part;
    return isThat ? manifest : null;
  }

  /** Writes a snapshot and reads it back. Rejects with what the servers refuse, or BadSnapshot. */
  async write({ part, number, id }: SnapshotName, chunks: Iterable<Uint8Array>): Promise<Manifest> {
    const hash = createHash("sha256");
    let [pieces, bytes] = [0, 0];
    for (const piece of piecesOf(chunks)) {
      hash.update(piece);
      bytes += piece.length;
      await this.stream.put(this.pieceOf(number, id, pieces++), signed(piece));
    }
    const head = { version: VERSION, incarnation: this.incarnation, part, number, id };
    const manifest: Manifest = { ...head, pieces, bytes, sha256: hash.digest("hex") };
    for await (const _ of this.read(manifest));
    await this.stream.put(manifestSubject(manifest), new TextEncoder().encode(JSON.stringify(manifest)));
    return manifest;
  }

  /** Its bytes. Throws BadSnapshot at the first piece that is missing or another, or at the end. */
  async *read(manifest: Manifest): AsyncGenerator<Uint8Array, void> {
    const { number, id, pieces } = manifest;
    const hash: Hash = createHash("sha256");
    let bytes = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const found = await this.stream.last(this.pieceOf(number, id, piece));
      if (found === null) throw new BadSnapshot(`piece ${piece} of the snapshot of message ${number} is gone`);
      const body = found.subarray(DIGEST_BYTES);
      if (!createHash("sha256").update(body).digest().equals(found.subarray(0, DIGEST_BYTES))) {
        throw new BadSnapshot(`piece ${piece} of the snapshot of message ${number} is damaged`);
      }
      hash.update(body);
      bytes += body.length;
      yield body;
    }
    if (bytes !== manifest.bytes || hash.digest("hex") !== manifest.sha256) {
      throw new BadSnapshot(`the snapshot of message ${number} is not what its manifest says`);
    }
  }

  /** The manifest goes first: what has none is not there. */
  async remove(name: SnapshotName): Promise<void> {
    await this.stream.remove(manifestSubject(name));
    await this.stream.remove(`pieces.${name.number}.${name.id}.*`);
  }

  /** Null for what is none of this log and version. */
  private manifestOf(bytes: Uint8Array): Manifest | null {
    try {
      const given: Manifest = JSON.parse(new TextDecoder().decode(bytes));
      const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
      const isSound =
        given.version === VERSION &&
        given.incarnation === this.incarnation &&
        [given.number, given.pieces, given.bytes].every(isCount) &&
        given.bytes <= given.pieces * PIECE_BYTES &&
        /^[0-9a-f]{32}$/.test(given.id) &&
        /^[0-9a-f]{64}$/.test(given.sha256);
      return isSound ? given : null;
    } catch {
      return null;
    }
  }

  private pieceOf(number: number, id: string, piece: number): string {
    return `pieces.${number}.${id}.${piece}`;
  }
}

function manifestSubject({ part, number, id }: SnapshotName): string {
  return `manifests.${part}.${number}.${id}`;
}

function* piecesOf(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const room = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for (let part of chunks) {
    while (part.length > 0) {
      const some = part.subarray(0, PIECE_BYTES - filled);
      room.set(some, filled);
      filled += some.length;
      part = part.subarray(some.length);
      if (filled < PIECE_BYTES) continue;
      yield room;
      filled = 0;
    }
  }
  if (filled > 0) yield room.subarray(0, filled);
}

function signed(piece: Uint8Array): Uint8Array {
  const message = new Uint8Array(DIGEST_BYTES + piece.length);
  message.set(createHash("sha256").update(piece).digest());
  message.set(piece, DIGEST_BYTES);
  return message;
}
