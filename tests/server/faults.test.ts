/* Does the server go on when clients stop reading, stop writing, or write what is no request? Over raw sockets. */
import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import type { HandlerOptions } from "../../src/server/server.ts";
import { Serving } from "./serving.ts";

async function dialled(serving: Serving): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connect(Number(new URL(serving.url).port), "127.0.0.1");
  let said = "";
  socket.on("data", (piece) => {
    said += piece;
  });
  socket.on("error", () => {}); // a reset is an end as well
  const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(said)));
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return { socket, closed };
}

const HEAD = "PUT /collections/c/points?wait=true HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

async function served(points = 0, options: HandlerOptions = {}) {
  const serving = await Serving.start(options);
  await serving.call("PUT", "/collections/c", { vectors: { size: 2, distance: "Dot" } });
  const some = Array.from({ length: points }, (_, id) => ({
    id,
    vector: [id, 1],
    payload: { text: "x".repeat(2000) },
  }));
  if (points > 0) await serving.call("PUT", "/collections/c/points?wait=true", { points: some });
  return serving;
}
const countIn = async (serving: Serving) =>
  (await serving.call("POST", "/collections/c/points/count", {})).result.count;

test("a body that is cut off changes nothing", async () => {
  await using serving = await served();
  const body = JSON.stringify({ points: [{ id: 1, vector: [1, 1] }] });
  for (let cut = 0; cut < body.length; cut += 5) {
    const { socket, closed } = await dialled(serving);
    socket.write(`${HEAD}content-length: ${body.length}\r\n\r\n${body.slice(0, cut)}`);
    socket.end();
    await Promise.race([closed, Bun.sleep(200)]);
    socket.destroy();
  }
  expect(await countIn(serving)).toBe(0);
});

const BODY = JSON.stringify({ points: [{ id: 1, vector: [1, 1] }] });
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

test.each([
  ["two lengths", `content-length: ${BODY.length}\r\ncontent-length: 5\r\n\r\n${BODY}`],
  ["a length and chunks", `content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKS}`],
  ["chunks and a length", `transfer-encoding: chunked\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`],
  ["a length below zero", `content-length: -5\r\n\r\n${BODY}`],
  ["a length with a sign", `content-length: +${BODY.length}\r\n\r\n${BODY}`],
  ["a space before the colon", `content-length : ${BODY.length}\r\n\r\n${BODY}`],
  ["chunks of chunks", `transfer-encoding: chunked, chunked\r\n\r\n${CHUNKS}`],
  ["an encoding that is none", `transfer-encoding: identity\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`],
  ["lines that end with \\n alone", `content-length: ${BODY.length}\n\n${BODY}`],
])("a request with %s is refused, and its connection ended", async (_, rest) => {
  await using serving = await served();
  const { socket, closed } = await dialled(serving);
  socket.write(HEAD + rest);
  expect(await closed).toStartWith("HTTP/1.1 400");
  expect(await countIn(serving)).toBe(0);
});

/** Writes a piece every few milliseconds until the connection ends. */
async function drip(serving: Serving, head: string, piece: string): Promise<string> {
  const { socket, closed } = await dialled(serving);
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), 20);
  const said = await closed;
  clearInterval(timer);
  return said;
}

test("a body that comes too slowly is refused with 408, and changes nothing", async () => {
  await using serving = await served(0, { bodyTimeoutMs: 300 });
  const said = await Promise.all([
    drip(serving, `${HEAD}content-length: 1000000\r\n\r\n{"points":[`, " "),
    drip(serving, `${HEAD}transfer-encoding: chunked\r\n\r\n`, "1\r\n \r\n"),
  ]);
  for (const one of said) expect(one).toStartWith("HTTP/1.1 408");
  expect(await countIn(serving)).toBe(0);
});

test("an ingest may take long as a whole, and is refused when its next piece is late; what came before is kept", async () => {
  await using serving = await served(0, { bodyTimeoutMs: 300 });
  const line = (id: number) => `${JSON.stringify({ id, vector: [id, 1] })}\n`;
  const url = `${serving.url}/v1/collections/c/ingest`;
  const headers = { "content-type": "application/x-ndjson" };
  const sent = async (lines: number, isStuck: boolean) => {
    let next = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (next === lines && isStuck) return await new Promise(() => {});
        if (next === lines) return controller.close();
        await Bun.sleep(20);
        controller.enqueue(new TextEncoder().encode(line(next++)));
      },
    });
    const response = await fetch(url, { method: "POST", headers, body });
    return { status: response.status, text: await response.text() };
  };
  expect(await sent(30, false)).toMatchObject({ status: 200 });
  expect(await countIn(serving)).toBe(30);
  expect(await sent(5, true)).toMatchObject({ status: 408, text: expect.stringContaining("did not come in time") });
  expect(await countIn(serving)).toBe(30);
});

test("headers that are too large, and what is no HTTP at all, end their connection and nothing else", async () => {
  await using serving = await served(3);
  for (const text of [
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(1_000_000)}\r\n\r\n`,
    "\0\0\0\0\r\n\r\n",
    "\x16\x03\x01\x02\x00",
  ]) {
    const { socket, closed } = await dialled(serving);
    socket.write(text);
    expect((await Promise.race([closed, Bun.sleep(500)])) ?? "").not.toContain("HTTP/1.1 200");
    socket.destroy();
  }
  expect(await countIn(serving)).toBe(3);
});

test("requests that are only begun, and responses that are not read, keep no other request waiting", async () => {
  await using serving = await served(2000);
  const held: Socket[] = [];
  for (let i = 0; i < 200; i++) {
    const { socket } = await dialled(serving);
    socket.pause();
    const body = JSON.stringify({ limit: 2000 });
    const scroll = `POST /collections/c/points/scroll HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    // Half of them never end their headers; the others ask for 4 MB and do not read.
    socket.write(i % 2 === 0 ? HEAD : `${scroll}content-length: ${body.length}\r\n\r\n${i < 20 ? body : ""}`);
    held.push(socket);
  }
  for (let i = 0; i < 20; i++) expect(await countIn(serving)).toBe(2000);
  for (const socket of held) socket.destroy();
  expect(await countIn(serving)).toBe(2000);
}, 60_000);
