/*
 * How is a sound export made into one that somebody could send us? From a seed: one value of a frame, two, or the frames
 * themselves, and then the checksums are right again.
 */
import { F_BYTES, F_HEADER, F_KIND, FRAME_FINISH, FRAME_GONE, FRAME_SPACE } from "../../assembly/layout.ts";
import { LARGEST_BODY } from "../../src/snapshot/frames.ts";
import { type Random, random } from "../support/vectors.ts";
import { ExportMap, type Field } from "./export-map.ts";
import type { Sample } from "./samples.ts";

export interface Mutant {
  /** What was changed, in words. */
  name: string;
  bytes: Uint8Array;
}

const WORDS = [0, 1, 2, 3, 4, 5, 7, 127, 128, 255, 1023, 1024, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const WIDE = [0, 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER];
const FLOATS = [0, -0, 1, -1, 1e-45, 1e-30, 1e-20, 1e20, 3e38, -3e38, Number.NaN, 1 / 0, -1 / 0, 0.5, 63, 1e5];
const BYTES = [0, 1, 63, 64, 127, 128, 192, 255];

/** Samples, looked at once. */
export class Mutations {
  private readonly maps: { name: string; map: ExportMap; byName: [string, Field[]][] }[];

  constructor(samples: Sample[]) {
    this.maps = samples.map(({ name, bytes }) => {
      const map = new ExportMap(bytes);
      return { name, map, byName: [...Map.groupBy(map.fields, (field) => field.name)] };
    });
  }

  /** The mutant of a number: always the same. */
  make(seed: number): Mutant {
    const source = random(seed);
    const { name, map: original, byName } = this.maps[source.below(this.maps.length)]!;
    const map = original.copy();
    const changes: string[] = [];
    if (source.next() < 0.15) changes.push(changeFrames(map, source));
    const times = changes.length > 0 ? 0 : source.next() < 0.2 ? 2 : 1;
    for (let i = 0; i < times; i++) {
      // By the name first: there are thousands of codes' bytes, and one entry point.
      const [, fields] = pick(byName, source);
      changes.push(changeValue(map, pick(fields, source), fields, source));
    }
    return { name: `${seed}: ${name}: ${changes.join("; ")}`, bytes: map.bytes() };
  }
}

function pick<T>(from: readonly T[], { below }: Random): T {
  return from[below(from.length)]!;
}

function changeValue(map: ExportMap, field: Field, others: Field[], source: Random): string {
  const before = map.get(field);
  const value = otherValue(map, field, before, others, source);
  map.set(field, value);
  const where = field.slot === undefined ? "" : ` of slot ${field.slot}${field.level ? `, level ${field.level}` : ""}`;
  return `${field.name}${where} ${before} → ${map.get(field)}`;
}

/** One that lies beside it, one that another field of its kind has, or one that is seldom meant. */
function otherValue(map: ExportMap, { width }: Field, before: number, others: Field[], source: Random): number {
  const how = source.next();
  if (how < 0.2) return map.get(pick(others, source));
  if (width === "f32") return how < 0.4 ? before * (1 + source.gaussian()) : pick(FLOATS, source);
  if (width === "u8") return how < 0.5 ? before ^ (1 << source.below(8)) : pick(BYTES, source);
  if (width === "u64") return pick(WIDE, source);
  if (how < 0.4) return (before + pick([1, -1, 2, 8], source)) >>> 0;
  if (how < 0.6) return (before ^ (1 << source.below(32))) >>> 0;
  return pick(WORDS, source);
}

/** Frames lost, doubled, in another order, cut, or such as say that a space is gone. */
function changeFrames(map: ExportMap, source: Random): string {
  const { frames } = map;
  const i = source.below(frames.length);
  const j = source.below(frames.length);
  switch (source.below(7)) {
    case 0:
      frames.splice(i, 1);
      return `frame ${i} is missing`;
    case 1:
      frames.splice(j, 0, frames[i]!.slice());
      return `frame ${i} again before ${j}`;
    case 2:
      [frames[i], frames[j]] = [frames[j]!, frames[i]!];
      return `frames ${i} and ${j} change places`;
    case 3:
      frames.splice(i, 0, empty(FRAME_GONE));
      return `a space is gone before frame ${i}`;
    case 4:
      frames.splice(i, 0, empty(pick([0, FRAME_SPACE, FRAME_FINISH, 6, 0xffffffff], source)));
      return `a frame of nothing before ${i}`;
    case 5: {
      // A whole space of the same name, once more.
      const end = frames.findIndex((body, at) => at > 0 && new DataView(body.buffer).getUint32(F_KIND, true) === 3);
      frames.splice(end + 1, 0, ...frames.slice(0, end + 1).map((body) => body.slice()));
      return "the first space comes twice";
    }
    default: {
      const length = Math.min(LARGEST_BODY, Math.max(F_HEADER, 8 * source.below(frames[i]!.length / 8 + 8)));
      const resized = new Uint8Array(length);
      resized.set(frames[i]!.subarray(0, length));
      new DataView(resized.buffer).setUint32(F_BYTES, length, true);
      frames[i] = resized;
      return `frame ${i} has ${length} bytes`;
    }
  }
}

function empty(kind: number): Uint8Array {
  const body = new Uint8Array(F_HEADER);
  new DataView(body.buffer).setUint32(F_BYTES, F_HEADER, true);
  new DataView(body.buffer).setUint32(F_KIND, kind, true);
  return body;
}
