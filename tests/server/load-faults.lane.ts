/*
 * Does the server stay at its level of memory, and keep what it acknowledged, under a thousand clients that stop reading, requests
 * that are never finished, a kill under load, and a full disk? In a process of its own.
 */
import { expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fill, Mount } from "../storage/crash/mount.ts";
import { Folder } from "../support/folder.ts";
import { Command } from "./serving.ts";

const ROUNDS = 6;
const CLIENTS = Number(process.env.CLIENTS ?? 60);

function megabytesOf({ job }: Command): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${job.pid}/status`, "utf8"))!;
  return Number(kilobytes) / 1024;
}

async function post(server: Command, path: string, body: object, method = "POST") {
  const response = await fetch(server.url + path, {
    ...{ method, body: JSON.stringify(body), headers: { "content-type": "application/json" } },
  });
  return { status: response.status, json: (await response.json()) as { result: { count: number } } };
}
const countIn = async (server: Command) => (await post(server, "/collections/c/points/count", {})).json.result.count;

async function opened(server: Command, points: number): Promise<void> {
  await post(server, "/collections/c", { vectors: { size: 4, distance: "Dot" } }, "PUT");
  const some = Array.from({ length: points }, (_, id) => ({
    id,
    vector: [id, 1, 2, 3],
    payload: { text: "x".repeat(4000) },
  }));
  expect((await post(server, "/collections/c/points?wait=true", { points: some }, "PUT")).status).toBe(200);
}

function dial(server: Command, said: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => {}); // a reset is an end as well
  return new Promise((resolve) =>
    socket.on("connect", () => {
      socket.pause();
      socket.write(said);
      resolve(socket);
    }),
  );
}

const scroll = JSON.stringify({ limit: 1000 });
const head = (method: string, path: string) =>
  `${method} /collections/c/points${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
const FAULTS: [name: string, said: string][] = [
  [
    "clients that ask for megabytes and stop reading",
    `${head("POST", "/scroll")}content-length: ${scroll.length}\r\n\r\n${scroll}`,
  ],
  ["headers that are never finished", head("PUT", "")],
  ["bodies that are cut off", `${head("PUT", "")}content-length: 1000000\r\n\r\n{"points":[${"1,".repeat(30_000)}`],
  ["headers that are too large", `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(100_000)}\r\n\r\n`],
];

test.each(FAULTS)(
  `after rounds of ${CLIENTS} %s, memory is at its level, and others were served`,
  async (_, said) => {
    using folder = new Folder();
    await using server = await Command.start([folder.path]);
    await opened(server, 500);
    const levels: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => dial(server, said)));
      for (let i = 0; i < 10; i++) expect(await countIn(server)).toBe(500);
      for (const socket of sockets) socket.destroy();
      for (let i = 0; i < 10; i++) expect(await countIn(server)).toBe(500);
      // Room for large responses comes back once the server knows that their clients are gone.
      const scrolled = async () => (await post(server, "/collections/c/points/scroll", { limit: 500 })).status;
      for (let tries = 0; (await scrolled()) !== 200; tries++) {
        expect(tries).toBeLessThan(100);
        await Bun.sleep(50);
      }
      levels.push(megabytesOf(server));
    }
    // The first rounds fill what the runtime keeps; the last one's memory may wait for the next collection of garbage.
    const most = levels[ROUNDS / 2 - 1]! + 100;
    let tries = 0;
    for (; megabytesOf(server) > most && tries < 200; tries++) {
      expect(await countIn(server)).toBe(500);
      await Bun.sleep(100);
    }
    if (process.env.CLIENTS) console.log(_, { levels, tries, end: megabytesOf(server) });
    expect(megabytesOf(server)).toBeLessThanOrEqual(most);
  },
  Math.max(120_000, 600 * CLIENTS),
);

test("a head that never ends is ended with its connection, however it drips", async () => {
  using folder = new Folder();
  await using server = await Command.start([folder.path]);
  const sockets = await Promise.all([head("PUT", ""), "G", ""].map((said) => dial(server, said)));
  const drips = setInterval(() => {
    for (const socket of sockets) socket.write("x");
  }, 100);
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.resume().on("close", resolve))));
  clearInterval(drips);
}, 60_000);

test("what was acknowledged by many writers at once is there after a kill", async () => {
  using folder = new Folder();
  const acknowledged = new Set<number>();
  {
    await using server = await Command.start([folder.path]);
    await opened(server, 1);
    let next = 1000;
    const write = async (): Promise<void> => {
      for (;;) {
        const ids = Array.from({ length: 20 }, () => next++);
        const points = ids.map((id) => ({ id, vector: [id, 1, 1, 1] }));
        const done = await post(server, "/collections/c/points?wait=true", { points }, "PUT").catch(() => null);
        if (done === null) return;
        if (done.status === 200) for (const id of ids) acknowledged.add(id);
        if (acknowledged.size > 2000) await server.end("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: 16 }, write));
  }
  await using server = await Command.start([folder.path]);
  const { points } = await server.client().scroll("c", { limit: 100_000, with_payload: false });
  const found = new Set(points.map(({ id }) => id as number));
  expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(2000);
}, 60_000);

test("on a full disk writes are refused and reads go on; with room again writes go on, and nothing acknowledged is lost", async () => {
  using folder = new Folder();
  using mount = Mount.make(join(folder.path, "disk"), 24);
  if (mount === null) return console.log("skipped: this process may not mount anything");
  const store = join(mount.path, "store");
  const ballast = join(mount.path, "ballast");
  const acknowledged: number[] = [];
  {
    await using server = await Command.start([store]);
    await opened(server, 10);
    const add = async (id: number) => {
      const points = [{ id, vector: [id, 1, 1, 1], payload: { text: "y".repeat(20_000) } }];
      const { status } = await post(server, "/collections/c/points?wait=true", { points }, "PUT");
      if (status === 200) acknowledged.push(id);
      return status;
    };
    expect(await add(100)).toBe(200);
    fill(ballast);
    let status = 200;
    for (let id = 101; status === 200; id++) status = await add(id);
    expect(status).toBe(503);
    expect(await add(9000)).toBe(503);
    expect(await countIn(server)).toBeGreaterThanOrEqual(10 + acknowledged.length);
    rmSync(ballast);
    for (let tries = 0; (await add(9001)) !== 200; tries++) {
      expect(tries).toBeLessThan(200);
      await Bun.sleep(50);
    }
    await server.end("SIGKILL");
  }
  await using server = await Command.start([store]);
  const { points } = await server.client().scroll("c", { limit: 10_000, with_payload: false });
  const found = new Set(points.map(({ id }) => id as number));
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
}, 60_000);
