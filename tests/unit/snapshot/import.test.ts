/* Is nothing taken from an export that was changed on the way, is not one, or does not come to its end? */
import { beforeAll, expect, test } from "bun:test";
import { F_BYTES, FS_DIMENSIONS, FS_M, FS_METRIC } from "../../../assembly/layout.ts";
import { compileCore } from "../../../src/core/build.ts";
import { open } from "../../../src/index.ts";
import { openSearch } from "../../../src/search.ts";
import { CHECKSUM_BYTES, ownHash, putFrame } from "../../../src/snapshot/frames.ts";
import { ExportReader } from "../../../src/snapshot/import.ts";
import { clustered, keysOf, random, refusalOf } from "../../support/indexes.ts";

const SEED = 1618;
const SHAPE = { dimensions: 12, metric: "l2", flatBelow: 100, partitions: 1 } as const;

/** An export of a graph and a flat space. */
let source: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const set = clustered(1500, 12, SEED);
  await using index = await open({ ...SHAPE, workers: 0, partitions: 2 });
  await index.space("graph").addMany(keysOf(set), set.values);
  await index.space("flat").addMany(keysOf(set).slice(0, 50), set.part(0, 50).values);
  await index.flush();
  source = (await index.exportBytes()).slice();
});

/** A stream that says nothing after the bytes, and does not end. */
function endless(bytes: Uint8Array) {
  const given = { cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice());
    },
    cancel() {
      given.cancelled = true;
    },
  });
  return { stream, given };
}

/** The first half of the bytes, then the stream fails. */
function breaking(bytes: Uint8Array, reason: unknown): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(reason);
      else controller.enqueue(bytes.slice(0, bytes.length >> 1));
      sent = true;
    },
  });
}

/** Gives on something else in the place of every part. */
function replacing(part: unknown): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({ transform: (_, controller) => controller.enqueue(part as Uint8Array) });
}

test("other options, each by name", async () => {
  for (const [name, value] of Object.entries({ dimensions: 13, metric: "dot", M: 8, seed: 3 })) {
    const refusal = await refusalOf(async () => open({ ...SHAPE, workers: 0, from: source, [name]: value }));
    expect(refusal.code).toBe("EXPORT_FOREIGN");
    expect(refusal.message).toContain(`\`${name}\``);
  }
});

test("something else, another version, and what is no source at all", async () => {
  const other = source.slice();
  other[15] = 99;
  const cases = [
    [new Uint8Array(100), "EXPORT_FOREIGN", /does not begin like an export/],
    [other, "EXPORT_FOREIGN", /has format 99, this version reads 3: a newer version wrote it/],
    [new Response("nothing here", { status: 404 }), "EXPORT_FOREIGN", /status 404/],
    [new Uint8Array(0), "EXPORT_DAMAGED", /cut off/],
    ["a string", "BAD_OPTION", /`from` must be/],
  ] as const;
  for (const [from, code, says] of cases) {
    const refusal = await refusalOf(() => open({ ...SHAPE, workers: 0, from: from as Uint8Array }));
    expect([refusal.code, refusal.message]).toEqual([code, expect.stringMatching(says)]);
  }
  const both = await refusalOf(async () => open({ ...SHAPE, path: "./never", from: source }));
  expect(both.code).toBe("BAD_OPTION");
});

test("cut off at any place, also between two frames", async () => {
  const places = Array.from({ length: 60 }, (_, i) => Math.floor((source.length * i) / 60));
  for (const length of [...places, source.length - 1, source.length - 24]) {
    const refusal = await refusalOf(() => open({ ...SHAPE, workers: 0, from: source.slice(0, length) }));
    expect({ length, code: refusal.code }).toEqual({ length, code: "EXPORT_DAMAGED" });
  }
});

test("one flipped bit, wherever it is", async () => {
  const { below } = random(SEED);
  for (let i = 0; i < 150; i++) {
    const at = below(source.length);
    const changed = source.slice();
    changed[at]! ^= 1 << below(8);
    const refusal = await refusalOf(() => open({ ...SHAPE, workers: 0, from: changed }));
    expect({ at, code: refusal.code }).toEqual({ at, code: expect.stringMatching(/^EXPORT_(DAMAGED|FOREIGN)$/) });
  }
}, 120_000);

test("what can't be read, whether the caller or the connection is at fault", async () => {
  const used = async () => {
    const response = new Response(source.slice());
    await response.arrayBuffer();
    return response;
  };
  const locked = async () => {
    const { stream } = endless(source);
    stream.getReader();
    return stream;
  };
  const streamOf = (part: unknown) => async () => new Response(source.slice()).body!.pipeThrough(replacing(part));
  const cases = [
    [used, /a response that has not been read/],
    [locked, /that has no other reader/],
    [streamOf("text"), /a stream of Uint8Arrays/],
    [streamOf(source.slice().buffer), /a stream of Uint8Arrays/],
    [streamOf(undefined), /a stream of Uint8Arrays/],
  ] as const;
  for (const [make, says] of cases) {
    for (const ask of [
      (from: Response) => open({ ...SHAPE, workers: 0, from }),
      (from: Response) => openSearch({ from }),
    ]) {
      const refusal = await refusalOf(async () => ask((await make()) as Response));
      expect([refusal.code, refusal.message]).toEqual(["BAD_OPTION", expect.stringMatching(says)]);
    }
  }
  for (const reason of [new TypeError("the connection was lost"), "it was lost", undefined]) {
    const refusal = await refusalOf(() => open({ ...SHAPE, workers: 0, from: breaking(source, reason) }));
    expect([refusal.code, refusal.cause]).toEqual(["EXPORT_DAMAGED", reason]);
  }
});

test("a connection that breaks in the middle", async () => {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${source.length}\r\n\r\n`;
  const data = (socket: Bun.Socket) => {
    socket.write(head);
    socket.write(source.subarray(0, 1000));
    socket.end();
  };
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data } });
  const from = await fetch(`http://127.0.0.1:${server.port}`);
  const refusal = await refusalOf(() => open({ ...SHAPE, workers: 0, from }));
  expect([refusal.code, refusal.cause]).toEqual(["EXPORT_DAMAGED", expect.any(Error)]);
  server.stop(true);
});

test("any flipped bit of the first frame, which says what the index is made with", async () => {
  const end = 16 + new DataView(source.buffer, source.byteOffset + 16).getUint32(F_BYTES, true) + CHECKSUM_BYTES;
  const codes = new Map<string, string[]>();
  for (let bit = 16 * 8; bit < end * 8; bit++) {
    const changed = source.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const ways = {
      open: () => open({ dimensions: 12, workers: 0, partitions: 1, from: changed }),
      openSearch: () => openSearch({ from: changed }),
    };
    for (const [way, call] of Object.entries(ways)) {
      const { code } = await refusalOf(call);
      codes.set(code, [...(codes.get(code) ?? []), `${way}: bit ${bit}`]);
    }
  }
  expect([...codes].filter(([code]) => !/^EXPORT_(DAMAGED|FOREIGN)$/.test(code))).toEqual([]);
});

test("a first frame with values that no index can have, even where only the core can check them", async () => {
  const cases = [
    ...([0, 4097, 2 ** 31 + 12] as const).map((value) => [FS_DIMENSIONS, value] as const),
    ...([3, 65, 272] as const).map((value) => [FS_M, value] as const),
    [FS_METRIC, 3] as const,
  ];
  for (const [at, value] of cases) {
    const changed = source.slice();
    new DataView(changed.buffer).setUint32(16 + at, value, true);
    expect((await refusalOf(() => ExportReader.open(changed, null))).code).toBe("EXPORT_DAMAGED");
    const body = changed.subarray(16, 16 + new DataView(changed.buffer).getUint32(16 + F_BYTES, true));
    putFrame(body, ownHash!, changed, 16);
    for (const call of [
      () => open({ dimensions: 12, workers: 0, partitions: 1, from: changed }),
      () => openSearch({ from: changed }),
    ]) {
      expect((await refusalOf(call)).code).toBe("EXPORT_DAMAGED");
    }
  }
});

test("a stream that is refused is cancelled and not locked", async () => {
  const damaged = source.slice();
  damaged[source.length >> 1]! ^= 1;
  const refusals = [
    ["EXPORT_FOREIGN", { ...SHAPE, workers: 0 }, new Uint8Array(1000)],
    ["EXPORT_FOREIGN", { ...SHAPE, workers: 0, M: 8 }, source],
    ["EXPORT_DAMAGED", { ...SHAPE, workers: 0 }, damaged],
    ["OUT_OF_MEMORY", { ...SHAPE, workers: 0, partitions: 1, memoryLimit: 2 ** 20 }, source],
    ["UNSUPPORTED", { ...SHAPE, workers: 1, core: await compileCore("release", "baseline", false) }, source],
  ] as const;
  for (const [code, options, sent] of refusals) {
    const { stream, given } = endless(sent);
    expect((await refusalOf(() => open({ ...options, from: stream }))).code).toBe(code);
    expect({ code, locked: stream.locked, cancelled: given.cancelled }).toEqual({
      code,
      locked: false,
      cancelled: true,
    });
  }
  for (const sent of [new Uint8Array(1000), damaged]) {
    const { stream, given } = endless(sent);
    expect((await refusalOf(() => openSearch({ from: stream }))).code).toMatch(/^EXPORT_/);
    expect([stream.locked, given.cancelled]).toEqual([false, true]);
  }
});

test("what is no object of options", async () => {
  for (const wrong of [undefined, null, 7, "x"] as unknown as { from: Uint8Array }[]) {
    expect((await refusalOf(() => openSearch(wrong))).code).toBe("BAD_OPTION");
  }
});
