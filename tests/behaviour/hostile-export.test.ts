/*
 * An export from elsewhere, its checksums right and its contents wrong: is it refused, or harmless? Judged in processes of
 * their own, since some of it hangs or traps out of sight.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { F_BYTES, F_COUNT, F_HEADER, F_KIND, FRAME_GONE, LINKED, R_DEAD_BIT, TWINNED } from "../../assembly/layout.ts";
import { type ExportSource, open } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { judgeExports } from "../hostile/court.ts";
import { ExportMap, type Field, levelOf } from "../hostile/export-map.ts";
import type { Verdict } from "../hostile/judge.ts";
import { samples } from "../hostile/samples.ts";
import { refusalOf } from "../support/indexes.ts";
import { random } from "../support/vectors.ts";

let graph: ExportMap;
let flat: ExportMap;
let notes: ExportMap;
{
  const made = await samples();
  graph = new ExportMap(made.find(({ name }) => name === "l2, a graph")!.bytes);
  flat = new ExportMap(made.find(({ name }) => name === "cosine, flat")!.bytes);
  notes = new ExportMap(made.find(({ name }) => name === "documents, flat")!.bytes);
}

/** The slots of a state, of those that are alive or dead. */
function slotsOf(map: ExportMap, state: number): number[] {
  return map.all("record.state").flatMap((field) => (map.get(field) === state ? [field.slot!] : []));
}

const live = slotsOf(graph, LINKED);
const dead = slotsOf(graph, LINKED | R_DEAD_BIT);
const twins = slotsOf(graph, TWINNED);

function fields(map: ExportMap, name: string, slot: number): Field[] {
  return map.all(name).filter((field) => field.slot === slot);
}

function setAll(map: ExportMap, name: string, slot: number, value: number): void {
  for (const field of fields(map, name, slot)) map.set(field, value);
}

/** Gives one slot what another has. */
function copy(map: ExportMap, name: string, from: number, to: number): void {
  const values = fields(map, name, from).map((field) => map.get(field));
  for (const [i, field] of fields(map, name, to).entries()) map.set(field, values[i]!);
}

const SHAPE = { M: graph.words(0).getUint32(28, true), seed: graph.words(0).getUint32(32, true) };
const onGround = live.filter((slot) => levelOf(slot, SHAPE) === 0);

const CASES: Record<string, (map: ExportMap) => void> = {
  "lists on level 1 that name slots which do not reach it": (map) => {
    for (const field of map.all("upper.id")) map.set(field, onGround[field.slot! % onGround.length]!);
  },
  "lists that name their owner": (map) => {
    for (const field of map.all("list.id")) map.set(field, field.slot!);
  },
  "lists that name a slot again and again": (map) => {
    for (const field of map.all("list.id")) map.set(field, live[0]!);
  },
  "lists that name what is not linked": (map) => {
    const waiting = slotsOf(map, 0)[0]!;
    for (const field of map.all("list.id")) if (field.slot! % 3 === 0) map.set(field, waiting);
  },
  "distances in upper lists that are no numbers": (map) => {
    for (const field of map.all("upper.distance")) map.set(field, Number.NaN);
  },
  "dead slots whose codes have no scale": (map) => {
    for (const slot of dead.slice(0, 2)) map.set(map.field("code.scale", slot), Number.NaN);
  },
  "codes without any scale": (map) => {
    for (const field of map.all("code.scale")) map.set(field, Number.NaN);
  },
  "a code without a scale": (map) => map.set(map.field("code.scale", live[7]!), Number.NaN),
  "a code with an endless scale": (map) => map.set(map.field("code.scale", live[7]!), 3e38),
  "a code with a negative scale": (map) => map.set(map.field("code.scale", live[7]!), -1),
  "codes whose scales are all zero": (map) => {
    for (const field of map.all("code.scale")) map.set(field, 0);
  },
  "a code that is far from everything": (map) => map.set(map.field("code.bias", live[7]!), 1e30),
  "a code that is nearer than anything can be": (map) => map.set(map.field("code.bias", live[7]!), -1e30),
  "a code with another sum": (map) => map.set(map.field("code.sum", live[7]!), 0x7fffffff),
  "code bytes above 127": (map) => setAll(map, "code.byte", live[7]!, 255),
  "the code of another slot": (map) => {
    for (const name of ["code.scale", "code.bias", "code.sum", "code.byte"]) copy(map, name, live[3]!, live[7]!);
  },
  "a centroid that is no number": (map) => map.set(map.all("space.centroid")[0]!, Number.NaN),
  "a centroid elsewhere": (map) => map.set(map.all("space.centroid")[0]!, 1e18),
  "a vector that is no number": (map) => setAll(map, "record.vector", live[7]!, Number.NaN),
  "an endless vector": (map) => setAll(map, "record.vector", live[7]!, Number.POSITIVE_INFINITY),
  "a vector that is too long": (map) => setAll(map, "record.vector", live[7]!, 3e38),
  "another vector than its code says": (map) => copy(map, "record.vector", live[3]!, live[60]!),
  "a vector from the future": (map) => map.set(map.field("record.age", live[7]!), 2 ** 40),
  "more ops than can be counted": (map) => map.set(map.field("space.version"), 2 ** 60),
  "twins in another order than that of their age": (map) => {
    const head = live.find((slot) => map.get(map.field("record.twin", slot)) !== 0)!;
    map.set(map.field("record.age", map.get(map.field("record.twin", head)) - 1), map.get(map.field("space.version")));
  },
  "a live key twice": (map) => {
    const [a, b] = live.filter(
      (slot) => map.get(map.field("record.key", slot)) === map.get(map.field("record.key", live[0]!)),
    );
    copy(map, "record.keyByte", a!, b!);
  },
  "a twin on two chains": (map) => {
    const head = live.find((slot) => map.get(map.field("record.twin", slot)) !== 0)!;
    map.set(map.field("record.twin", live.at(-1)!), map.get(map.field("record.twin", head)));
  },
  "a twin on two chains, and another on none": (map) => {
    const head = live.find((slot) => map.get(map.field("record.twin", slot)) !== 0)!;
    const first = map.get(map.field("record.twin", head));
    const second = map.get(map.field("record.twin", first - 1));
    map.set(map.field("record.twin", head), second);
    map.set(map.field("record.twin", live.at(-1)!), map.get(map.field("record.twin", second - 1)) || second);
  },
  "a twin that is its own next one": (map) => map.set(map.field("record.twin", twins[0]!), twins[0]! + 1),
  "a twin with another vector": (map) => {
    for (const field of fields(map, "record.vector", twins[0]!)) map.set(field, map.get(field) + 1);
  },
  "a chain of twins that names a linked slot": (map) => map.set(map.field("record.twin", live[7]!), live[8]! + 1),
  "an entry point that is dead to the graph": (map) => map.set(map.field("space.entry"), twins[0]! + 1),
  "an entry point on the ground": (map) => map.set(map.field("space.entry"), onGround[0]! + 1),
  "unknown flags": (map) => map.set(map.field("space.flags"), map.get(map.field("space.flags")) | 0xff00),
  "more live slots than there are": (map) => map.set(map.field("space.live"), 0xffffffff),
  "a version from the future": (map) => map.set(map.field("space.changed"), Number.MAX_SAFE_INTEGER),
};
for (const state of [2, 7, 0x8000]) {
  CASES[`a slot in state ${state}`] = (map) => map.set(map.field("record.state", live[7]!), state);
}
for (const [tag, lengths] of [
  [0, [4]],
  [1, [0, 3]],
  [2, [0, 7, 8, 9]],
  [3, [0, 1, 9]],
  [4, [0, 3]],
  [5, [4]],
  [255, [4]],
] as const) {
  for (const length of lengths) {
    CASES[`a key with tag ${tag} of ${length} bytes`] = (map) => setHeader(map, "record.key", live[7], tag, length);
    if (length > 0)
      CASES[`a name with tag ${tag} of ${length} bytes`] = (map) =>
        setHeader(map, "space.name", undefined, tag, length);
  }
}

/** Another header for a key or a name, whose bytes become shorter or longer where they are. */
function setHeader(map: ExportMap, name: string, slot: number | undefined, tag: number, length: number): void {
  const field = map.field(name, slot);
  const before = map.get(field) & 0xffffff;
  map.set(field, tag * 2 ** 24 + length);
  const start = (slot === undefined ? map.all("space.nameByte")[0]! : fields(map, "record.keyByte", slot)[0]!).at;
  const body = map.frames[field.frame]!;
  const [old, fresh] = [(before + 3) & ~3, (length + 3) & ~3];
  const grown = new Uint8Array((body.length + fresh - old + 7) & ~7);
  grown.set(body.subarray(0, start));
  grown.fill(0xc3, start, start + fresh); // no UTF-8, and no small integer
  grown.set(body.subarray(start + old), start + fresh);
  new DataView(grown.buffer).setUint32(F_BYTES, grown.length, true);
  map.frames[field.frame] = grown;
}

const FLAT_CASES: Record<string, (map: ExportMap) => void> = {
  "a vector without a direction": (map) => setAll(map, "record.vector", 7, 0),
  "a vector that is nearly zero": (map) => setAll(map, "record.vector", 7, 1e-20),
  "a vector from the future": (map) => map.set(map.field("record.age", 7), 2 ** 40),
  "a linked slot where there is no graph": (map) => map.set(map.field("record.state", 7), LINKED),
};

/** The row of slot 1 has a keyword of one byte, a number, a boolean and a date, in this order; its document is the text of them. */
const NOTE = 1;
const valueByte = (map: ExportMap, at: number) => fields(map, "value.byte", NOTE)[at]!;

/** Changes a byte of its document, at the end of what is found there. */
function changeText(map: ExportMap, found: string, to: string): void {
  const bytes = fields(map, "document.byte", NOTE);
  const text = String.fromCharCode(...bytes.map((field) => map.get(field)));
  map.set(bytes[text.indexOf(found) + found.length - 1]!, to.charCodeAt(0));
}

const NOTE_CASES: Record<string, (map: ExportMap) => void> = {
  "a keyword that its document does not have": (map) => map.set(valueByte(map, 0), 0x7a),
  "a number that its document does not have": (map) => map.set(valueByte(map, 8), 0x40),
  "a boolean that its document does not have": (map) => map.set(valueByte(map, 9), 1),
  "a date that its document does not have": (map) => map.set(valueByte(map, 17), 0x41),
  "a document that says something else than its field": (map) => changeText(map, '"tag":"a', "b"),
  "a document that has no such property": (map) => changeText(map, '"ta', "o"),
  "a document that is no JSON": (map) => changeText(map, "{", "["),
  "a row that says that it knows no field": (map) => map.set(map.field("row.known", NOTE), 0),
  "a row that knows more fields than there are": (map) => map.set(map.field("row.known", NOTE), 5),
};

/**
 * Two dead slots that share a cell of the table of what a search has met, name each other only, and are at no distance: a
 * search that takes each for new whenever it comes from the other never ends.
 */
async function twoThatForgetEachOther(): Promise<Uint8Array> {
  const [count, a, b] = [4400, 2, 2586]; // (2 × 0x9e3779b1) >>> 20 = (2586 × 0x9e3779b1) >>> 20
  const { gaussian } = random(1);
  const vectors = Array.from({ length: count }, () => [gaussian(), gaussian()]);
  const index = await open({ dimensions: 2, metric: "l2", workers: 0, partitions: 1, flatBelow: 48, M: 4 });
  const space = index.space("s");
  await space.addMany([...vectors.keys()], vectors);
  await index.flush();
  await space.deleteMany([a, b]);
  const map = new ExportMap(await index.exportBytes());
  await index.close();
  for (const slot of [a, b]) {
    setAll(map, "code.scale", slot, Number.NaN);
    setAll(map, "list.id", slot, slot === a ? b : a);
  }
  return map.bytes();
}

const ENDLESS = "two dead slots without distances that name each other";
/** What no index of this package writes: harmless is not enough. */
const REFUSED = [
  ENDLESS,
  "distances in upper lists that are no numbers",
  "dead slots whose codes have no scale",
  "a code with an endless scale",
  "code bytes above 127",
  "unknown flags",
  ...Object.keys(NOTE_CASES).map((name) => `notes: ${name}`),
];

const verdicts = new Map<string, Verdict>();

beforeAll(async () => {
  const made = [
    ...Object.entries(CASES).map(([name, change]) => ({ name, map: graph.copy(), change })),
    ...Object.entries(FLAT_CASES).map(([name, change]) => ({ name: `flat: ${name}`, map: flat.copy(), change })),
    ...Object.entries(NOTE_CASES).map(([name, change]) => ({ name: `notes: ${name}`, map: notes.copy(), change })),
  ];
  for (const { map, change } of made) change(map);
  const found = await judgeExports([...made.map(({ map }) => map.bytes()), await twoThatForgetEachOther()]);
  for (const [i, name] of [...made.map(({ name }) => name), ENDLESS].entries()) verdicts.set(name, found[i]!);
});

describe("is refused, or harmless:", () => {
  const others = { flat: FLAT_CASES, notes: NOTE_CASES };
  const named = Object.entries(others).flatMap(([map, cases]) => Object.keys(cases).map((name) => `${map}: ${name}`));
  for (const name of [...Object.keys(CASES), ...named, ENDLESS]) {
    test(name, () => {
      const verdict = verdicts.get(name)!;
      if (verdict.kind === "wrong") throw new Error(verdict.why);
      if (REFUSED.includes(name)) expect(verdict.kind).toBe("refused");
      if (verdict.kind === "refused") expect(verdict.code).toMatch(/^(EXPORT_DAMAGED|EXPORT_FOREIGN|OUT_OF_MEMORY)$/);
    });
  }
});

describe("is refused in time, and takes no more memory than it may:", () => {
  /** FRAME_SPACE of a space of its own with many slots, and FRAME_GONE, again and again. */
  function takenBack(times: number): Uint8Array<ArrayBuffer> {
    const map = flat.copy();
    map.set(map.field("space.slots"), 600_000);
    const gone = new Uint8Array(F_HEADER);
    new DataView(gone.buffer).setUint32(F_BYTES, F_HEADER, true);
    new DataView(gone.buffer).setUint32(F_KIND, FRAME_GONE, true);
    const finish = map.frames.at(-1)!.slice();
    new DataView(finish.buffer).setUint32(F_COUNT, 0, true);
    const pairs = Array.from({ length: times }, () => [map.frames[0]!, gone]).flat();
    return map.bytes([...pairs, finish]);
  }

  test("spaces that say they are large and are taken back", async () => {
    const index = await open({ workers: 0, partitions: 1, from: takenBack(100) } as never);
    const { reserved } = index.stats().bytes;
    await index.close();
    expect(reserved).toBeLessThan(32 * 2 ** 20); // the export has 15 KB
  });

  test("one that says it is large, and what there is of it is not", async () => {
    const map = flat.copy();
    map.set(map.field("space.slots"), 0xffffff);
    const refusal = await refusalOf(() => open({ workers: 0, partitions: 1, from: map.bytes() } as never));
    expect(refusal.code).toBe("EXPORT_DAMAGED");
  });

  for (const before of [0, 100]) {
    test(`a stream of empty chunks lets the event loop run, after ${before} bytes`, async () => {
      let turns = 0;
      let reading = true;
      const count = () => {
        turns++;
        if (reading) setImmediate(count);
      };
      let pulls = 0;
      let during = 0;
      const bytes = flat.bytes();
      const from = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ === 0) {
            setImmediate(count);
            controller.enqueue(bytes.subarray(0, before));
          } else if (pulls < 50_000) controller.enqueue(new Uint8Array(0));
          else {
            during = turns;
            controller.enqueue(bytes.subarray(before));
            controller.close();
          }
        },
      });
      const index = await open({ workers: 0, from } as never);
      reading = false;
      await index.close();
      expect(during).toBeGreaterThan(2);
    });
  }

  const detached = (): ArrayBuffer => {
    const bytes = flat.bytes();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes.buffer;
  };
  const gone: Record<string, () => ExportSource> = {
    "a buffer that was transferred": detached,
    "a view on one": () => {
      const bytes = flat.bytes();
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    },
    "a stream of views on one": () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          const bytes = flat.bytes();
          controller.enqueue(bytes.slice(0, 100));
          controller.enqueue(bytes.subarray(100));
          controller.close();
          structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
        },
      }),
  };
  for (const [name, source] of Object.entries(gone)) {
    test(name, async () => {
      const codes = [
        (await refusalOf(() => open({ dimensions: 6, workers: 0, from: source() }))).code,
        (await refusalOf(() => openSearch({ from: source() }))).code,
      ];
      for (const code of codes) expect(["BAD_OPTION", "EXPORT_DAMAGED"]).toContain(code);
    });
  }
});
