/* What a caller can reach of an open index's settings, or makes up for a ticket: can it change what the index does? */
import { describe, expect, test } from "bun:test";
import { attach, open, type VectorIndex } from "../../src/index.ts";
import type { Ticket } from "../../src/workers/protocol.ts";
import { opened, refusalOf, uniform } from "../support/indexes.ts";

const SET = uniform(20, 4, 11);

describe("index.options", () => {
  test("is frozen, all the way down", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0, partitions: 4 });
    const { options } = parts.index;
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options.batching)).toBe(true);
    expect(Object.isFrozen(options.stealing)).toBe(true);
  });

  test("can't hide spaces or vectors, whatever is written to it", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0, partitions: 4, batching: { min: 2 } });
    const { index } = parts;
    for (let i = 0; i < 20; i++) await index.space(`s${i}`).add("x", SET.at(i));
    const options = index.options as unknown as Record<string, unknown>;
    const before = structuredClone(options);
    for (const [name, value] of [
      ["partitions", 1],
      ["dimensions", 3],
      ["workers", 7],
      ["timeoutMs", -1],
      ["ef", 0],
    ] as const) {
      try {
        options[name] = value;
      } catch {
        // frozen
      }
    }
    expect(structuredClone(index.options)).toEqual(before as never);
    for (let i = 0; i < 20; i++) expect(index.space(`s${i}`).size).toBe(1);
    expect((await index.space("s3").search(SET.at(3)))[0]!.key).toBe("x");
  });

  test("is not what the caller gave, or its policies", async () => {
    const batching = { min: 2 };
    const given = { dimensions: 4, workers: 0, batching };
    await using parts = await opened(given);
    batching.min = 50;
    given.dimensions = 8;
    expect(parts.index.options).toMatchObject({ dimensions: 4, batching: { min: 2 } });
    await using other = await opened({ dimensions: 4, workers: 0 });
    expect(other.index.options.batching.min).not.toBe(2); // a default does not change either
  });
});

describe("attach refuses", () => {
  async function withTicket(work: (ticket: Ticket, index: VectorIndex) => Promise<void>): Promise<void> {
    await using parts = await opened({ dimensions: 4, workers: 0, partitions: 2 });
    await parts.index.space("s").add("x", SET.at(0));
    await work(parts.index.attach() as Ticket, parts.index);
    // Whatever was tried: the index works on.
    await parts.index.space("s").add("y", SET.at(1));
    expect(await parts.index.space("s").get("y")).toEqual(SET.at(1));
    expect((await parts.index.check()).ok).toBe(true);
  }

  const forged: Record<string, (ticket: Ticket) => object> = {
    "another seat": (ticket) => ({ ...ticket, seat: ticket.seat + 1 }),
    "the seat of the opening thread": (ticket) => ({ ...ticket, seat: 0, number: 1 }),
    "a seat that no partition has": (ticket) => ({ ...ticket, seat: 4000 }),
    "a seat that is no number": (ticket) => ({ ...ticket, seat: "1" }),
    "other dimensions": (ticket) => ({ ...ticket, settings: { ...ticket.settings, dimensions: 400 } }),
    "fewer partitions": (ticket) => ({ ...ticket, memories: ticket.memories.slice(1) }),
    "partitions in another order": (ticket) => ({ ...ticket, memories: ticket.memories.toReversed() }),
    "a control block that is too small": (ticket) => ({ ...ticket, control: new SharedArrayBuffer(8) }),
    "a control block of its own": (ticket) => ({
      ...ticket,
      control: new SharedArrayBuffer(ticket.control.byteLength),
    }),
    "a memory that is none of an index": (ticket) => ({
      ...ticket,
      memories: ticket.memories.map(() => new WebAssembly.Memory({ initial: 17, maximum: 65535, shared: true })),
    }),
    "no seats": (ticket) => ({ ...ticket, seat: undefined }),
    "another journal": (ticket) => ({ ...ticket, journal: new SharedArrayBuffer(64) }),
    "no settings": (ticket) => ({ ...ticket, settings: {} }),
    "what is no ticket": () => ({ kind: "hnsw-workers-ticket" }),
  };
  for (const [name, forge] of Object.entries(forged)) {
    test(name, async () => {
      await withTicket(async (ticket) => {
        const { code } = await refusalOf(() => attach(forge(ticket) as Ticket));
        expect(code).toBe("BAD_OPTION");
        await attach(ticket).close(); // the true one is as good as before
      });
    });
  }

  test("the seat that an export has", async () => {
    await withTicket(async (ticket, index) => {
      const reader = index.export().getReader();
      await reader.read();
      for (const number of [ticket.number, 1, 2]) {
        const forged: Ticket = { ...ticket, seat: ticket.seat + 1, number };
        expect((await refusalOf(() => attach(forged))).code).toBe("BAD_OPTION");
      }
      await reader.cancel();
    });
  });

  test("a ticket that was used, also once its handle is closed", async () => {
    await withTicket(async (ticket, index) => {
      const handle = attach(ticket);
      expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
      await handle.close();
      expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
      const next = index.attach(); // may have the same seat
      expect((await refusalOf(() => attach(ticket))).code).toBe("BAD_OPTION");
      await attach(next).close();
    });
  });

  test("a ticket of an index that was closed", async () => {
    const index = await open({ dimensions: 4, workers: 0 });
    const ticket = index.attach();
    await index.close();
    expect((await refusalOf(() => attach(ticket))).code).toBe("CLOSED");
  });
});
