/* Is every response that of its own request when a hundred callers ask at once? And does a sender that is faster than the disk wait? */
import { expect, test } from "bun:test";
import { createHandler } from "../../src/server/server.ts";
import { Folder } from "../support/folder.ts";
import { Serving } from "./serving.ts";

const CALLERS = 100;
const ROUNDS = 3;

test("a hundred callers write and read at once, and each gets what is its own", async () => {
  await using serving = await Serving.start({}, { workers: 2 });
  await serving.call("PUT", "/collections/c", { vectors: { size: 2, distance: "Euclid" } });
  await serving.call("PUT", "/collections/c/index?wait=true", { field_name: "who", field_schema: "integer" });
  const caller = async (who: number) => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = who * ROUNDS + round;
      const vector = [who, round];
      const points = [{ id, vector, payload: { who, round } }];
      const written = await serving.call("PUT", "/collections/c/points?wait=true", { points });
      expect([written.status, written.result.status]).toEqual([200, "completed"]);
      const [one, found, count] = await Promise.all([
        serving.call("GET", `/collections/c/points/${id}`),
        serving.call("POST", "/collections/c/points/query", { query: vector, limit: 1, with_payload: true }),
        serving.call("POST", "/collections/c/points/count", {
          filter: { must: [{ key: "who", match: { value: who } }] },
        }),
      ]);
      expect(one.result).toEqual({ id, vector, payload: { who, round } });
      expect(found.result.points).toMatchObject([{ id, score: 0, payload: { who, round } }]);
      expect(count.result.count).toBe(round + 1);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, who) => caller(who)));
  expect((await serving.call("POST", "/collections/c/points/count", {})).result.count).toBe(CALLERS * ROUNDS);
}, 120_000);

test("an ingest takes no more of its body than is being written, and loses nothing", async () => {
  using folder = new Folder();
  await using serving = await Serving.start({ path: folder.path }, { workers: 1 });
  await serving.call("PUT", "/collections/c", { vectors: { size: 8, distance: "Euclid" } });
  const PIECES = 48;
  const IN_PIECE = 1000;
  const padding = "x".repeat(1000); // a piece is a batch of a mebibyte
  let sent = 0;
  let most = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (sent === PIECES) return controller.close();
        const lines = Array.from({ length: IN_PIECE }, (_, i) => {
          const id = sent * IN_PIECE + i;
          return JSON.stringify({ id, vector: [id, 1, 2, 3, 4, 5, 6, 7], payload: { padding } });
        });
        controller.enqueue(new TextEncoder().encode(`${lines.join("\n")}\n`));
        sent++;
        // What the index has accepted can be counted: the rest of what was taken is in memory.
        const accepted = await serving.store.use("c", (index) => index.space("points").size);
        most = Math.max(most, sent * IN_PIECE - accepted);
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "content-type": "application/x-ndjson" };
  // Without sockets, whose buffers would count.
  const request = new Request("http://localhost/v1/collections/c/ingest", { method: "POST", headers, body });
  const response = await createHandler(serving.store)(request);
  expect(((await response.json()) as { result: unknown }).result).toEqual({
    lines: PIECES * IN_PIECE,
    points: PIECES * IN_PIECE,
  });
  expect((await serving.call("POST", "/collections/c/points/count", {})).result.count).toBe(PIECES * IN_PIECE);
  // Four batches that are written, one that is collected, one that is read, and one on its way to each of these.
  expect(most).toBeLessThanOrEqual(8 * IN_PIECE);
}, 120_000);
