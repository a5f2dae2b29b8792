/*
 * Which keys and vectors lie in a snapshot of the release before? Its frames travel like ours (snapshot/frames.ts); what is
 * in them is its own, and of that only what the index held is read: graphs are built again.
 *
 *   FRAME_SPACE   settings and name of a space, at the offsets below
 *   FRAME_SLOTS   records: [state][key header][1/norm][twin] [vector] [key], if it was linked [code], and of a linked slot,
 *                 per level, [count][kept][ids], above level 0 with [distances]
 */
import { F_COUNT, F_FIRST, F_HEADER, FRAME_SLOTS, FRAME_SPACE, MAX_KEY_BYTES } from "../../../assembly/layout.ts";
import { BadFrame, kindOf, viewOn } from "../../snapshot/frames.ts";
import { decodeKey, isEncodedKey, type Key } from "../../values/keys.ts";
import { type Metric, metricOf } from "../../values/metric.ts";

export const FORMER_SNAPSHOT_FORMAT = 2;
const [FORMAT, DIMENSIONS, METRIC, M, SEED, ID, SEQUENCE, NAME] = [16, 20, 24, 28, 32, 36, 40, 72];
const SPACE_HEADER = 96;
const [STATE, KEY, RECORD_HEADER] = [0, 4, 16];
const DEAD = 0x10000;
const [PENDING, LINKED] = [0, 4];
const CODE_HEADER = 12;
const MOST_LEVELS = 15;

export interface FormerSpace {
  dimensions: number;
  metric: Metric;
  M: number;
  seed: number;
  id: number;
  sequence: number;
  name: string;
}

export interface FormerEntry {
  key: Key;
  vector: Float32Array;
}

/** The space that a first frame begins; null for any other. Throws BadFrame. */
export function formerSpace(body: Uint8Array): FormerSpace | null {
  if (kindOf(body) !== FRAME_SPACE) return null;
  if (body.length < SPACE_HEADER) throw new BadFrame("the first frame of a space is too short");
  const words = viewOn(body);
  const at = (offset: number) => words.getUint32(offset, true);
  const metric = metricOf(at(METRIC));
  if (at(FORMAT) !== FORMER_SNAPSHOT_FORMAT || metric === undefined || at(DIMENSIONS) === 0) {
    throw new BadFrame("its first frame makes no sense");
  }
  const name = keyAt(at(NAME), body, SPACE_HEADER);
  if (typeof name !== "string") throw new BadFrame("the name of its space makes no sense");
  const sequence = at(SEQUENCE) + at(SEQUENCE + 4) * 2 ** 32;
  return { dimensions: at(DIMENSIONS), metric, M: at(M), seed: at(SEED), id: at(ID), sequence, name };
}

/** What lives in a frame of slots, oldest first; nothing of other frames. Throws BadFrame. */
export function* formerEntries(body: Uint8Array, space: FormerSpace): Generator<FormerEntry> {
  if (kindOf(body) !== FRAME_SLOTS) return;
  const words = viewOn(body);
  const first = words.getUint32(F_FIRST, true);
  const count = words.getUint32(F_COUNT, true);
  const vectorBytes = space.dimensions * 4;
  let at = F_HEADER;
  const expect = (bytes: number) => {
    if (at + bytes > body.length) throw new BadFrame("a record is cut off");
  };
  for (let slot = first; slot < first + count; slot++) {
    expect(RECORD_HEADER + vectorBytes);
    const state = words.getUint32(at + STATE, true);
    const header = words.getUint32(at + KEY, true);
    const keyBytes = header & 0xffffff;
    const vectorAt = at + RECORD_HEADER;
    at = vectorAt + vectorBytes;
    expect(keyBytes);
    if ((state & DEAD) === 0)
      yield { key: keyAt(header, body, at), vector: floatsAt(body, vectorAt, space.dimensions) };
    at += (keyBytes + 3) & ~3;
    if ((state & 0xffff) !== PENDING) at += (CODE_HEADER + space.dimensions + 3) & ~3;
    if ((state & 0xffff) !== LINKED) continue;
    for (let level = 0, last = levelOf(slot, space); level <= last; level++) {
      expect(8);
      at += 8 + words.getUint32(at, true) * (level === 0 ? 4 : 8);
    }
  }
}

function keyAt(header: number, bytes: Uint8Array, at: number): Key {
  const encoded = bytes.subarray(at, at + (header & 0xffffff));
  if ((header & 0xffffff) > MAX_KEY_BYTES || !isEncodedKey(header, encoded)) throw new BadFrame("a key makes no sense");
  return decodeKey(header, bytes, at);
}

export function floatsAt(bytes: Uint8Array, at: number, count: number): Float32Array {
  return new Float32Array(bytes.slice(at, at + count * 4).buffer);
}

/** As the release before drew it from the seed and the slot. */
function levelOf(slot: number, { M, seed }: FormerSpace): number {
  let u = mix((Math.imul(slot, 0x9e3779b9) + seed) >>> 0);
  let level = 0;
  const bound = Math.floor(0xffffffff / M);
  while (u < bound && level < MOST_LEVELS) {
    level++;
    u = Math.imul(u, M) >>> 0;
    u = (u + (mix((u + level) >>> 0) % M)) >>> 0;
  }
  return level;
}

/** Finaliser of MurmurHash3 (A. Appleby, public domain). */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
