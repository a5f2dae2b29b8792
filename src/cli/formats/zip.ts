/*
 * Which files are in a ZIP archive, and what is in one of them? By the directory at its end, stored or deflated, without
 * encryption, archives and files of up to 4 GiB. (APPNOTE.TXT of PKWARE, 4.3.)
 *
 *   directory entry  [PK\1\2][…][method u16 at 10][…][CRC u32 at 16][packed u32][size u32][name u16][extra u16][comment u16]
 *                    [… local header u32 at 42][name …][extra …][comment …]
 *   local header     [PK\3\4][… name u16 at 26][extra u16][name …][extra …][the packed bytes]
 *   end              [PK\5\6][… entries u16 at 10][directory's bytes u32][its place u32][comment u16][comment …]
 */
import { crc32, inflateRawSync } from "node:zlib";
import { FileError } from "../terminal/failures.ts";
import { bytesOf } from "./matrix.ts";

export interface ZipEntry {
  name: string;
  isDeflated: boolean;
  checksum: number;
  /** Bytes in the archive, and of the file. */
  packed: number;
  size: number;
  /** Of its local header. */
  at: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST_COMMENT = 65_535;
const ELSEWHERE = 0xffff_ffff; // what does not fit is in a 64-bit field

/** Rejects with FileError. */
export async function entriesOf(file: Blob): Promise<ZipEntry[]> {
  const from = Math.max(0, file.size - END_BYTES - MOST_COMMENT);
  const tail = viewOf(await bytesOf(file, from, file.size - from));
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new FileError("it is no ZIP archive, or was cut off");
  const [count, bytes, place] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (place === ELSEWHERE || bytes === ELSEWHERE || count === 0xffff) throw tooLarge();
  const directory = viewOf(await bytesOf(file, place, bytes));
  const entries: ZipEntry[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    const entry = entryAt(directory, at);
    entries.push(entry);
    at += ENTRY_BYTES + [28, 30, 32].reduce((sum, offset) => sum + directory.getUint16(at + offset, true), 0);
  }
  return entries;
}

function entryAt(directory: DataView, at: number): ZipEntry {
  const isThere = at + ENTRY_BYTES <= directory.byteLength && directory.getUint32(at, true) === ENTRY;
  const nameBytes = isThere ? directory.getUint16(at + 28, true) : 0;
  if (!isThere || at + ENTRY_BYTES + nameBytes > directory.byteLength) throw new FileError("its directory is damaged");
  const name = new TextDecoder().decode(
    new Uint8Array(directory.buffer, directory.byteOffset + at + ENTRY_BYTES, nameBytes),
  );
  const [flags, method] = [directory.getUint16(at + 8, true), directory.getUint16(at + 10, true)];
  if ((flags & 1) !== 0) throw new FileError(`${name} in it is encrypted`);
  if (method !== 0 && method !== 8)
    throw new FileError(`${name} in it is packed by the method ${method}, known are 0 and 8`);
  const [checksum, packed, size] = [16, 20, 24].map((offset) => directory.getUint32(at + offset, true));
  const place = directory.getUint32(at + 42, true);
  if (packed === ELSEWHERE || size === ELSEWHERE || place === ELSEWHERE) throw tooLarge();
  return { name, isDeflated: method === 8, checksum: checksum!, packed: packed!, size: size!, at: place };
}

/** All of a file, its checksum compared. Rejects with FileError. */
export async function readEntry(file: Blob, entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  const { name, at, packed, size, isDeflated, checksum } = entry;
  const local = viewOf(await bytesOf(file, at, LOCAL_BYTES));
  if (local.byteLength < LOCAL_BYTES || local.getUint32(0, true) !== LOCAL)
    throw new FileError(`${name} in it is damaged`);
  const start = at + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  const found = await bytesOf(file, start, packed);
  const bytes = isDeflated ? inflated(found, size, name) : found;
  if (bytes.length !== size || crc32(bytes) !== checksum)
    throw new FileError(`${name} in it is damaged, or was cut off`);
  return bytes;
}

function inflated(bytes: Uint8Array, size: number, name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) })); // no more than it says
  } catch {
    throw new FileError(`${name} in it is damaged, or was cut off`);
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const tooLarge = () => new FileError("archives of more than 4 GiB are not read: save the arrays as .npy");
