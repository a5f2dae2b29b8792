/* Does the server go on when clients stop reading, stop writing, or write what is no request? Over raw sockets. */
import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
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

async function served(points = 0) {
  const serving = await Serving.start();
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

test("two lengths, or a length and pieces, are no request that is served", async () => {
  await using serving = await served();
  const body = JSON.stringify({ points: [{ id: 1, vector: [1, 1] }] });
  const lengths = [
    `content-length: ${body.length}\r\ncontent-length: 5\r\n\r\n${body}`,
    `content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    `content-length: -5\r\n\r\n${body}`,
  ];
  for (const rest of lengths) {
    const { socket, closed } = await dialled(serving);
    socket.write(HEAD + rest);
    const said = await Promise.race([closed, Bun.sleep(500)]);
    socket.destroy();
    expect(said ?? "").not.toContain("HTTP/1.1 200");
  }
  expect(await countIn(serving)).toBe(0);
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
