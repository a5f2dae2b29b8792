/* Does every method say CLOSED once an index, or another thread's handle on it, is closed? */
import { describe, expect, test } from "bun:test";
import { attach, open, type Space, type VectorIndex } from "../../src/index.ts";
import { Helper } from "../support/helper.ts";
import { keysOf, opened, refusalOf, uniform, until } from "../support/indexes.ts";
import { loseWorkers } from "../support/lose-workers.ts";

const CALLS: Record<string, (index: VectorIndex, space: Space) => unknown> = {
  "index.space": (index) => index.space("s"),
  "index.spaces": (index) => index.spaces(),
  "index.dropSpace": (index) => index.dropSpace("s"),
  "index.flush": (index) => index.flush(),
  "index.stats": (index) => index.stats(),
  "index.check": (index) => index.check(),
  "index.attach": (index) => index.attach(),
  "space.add": (_, space) => space.add("b", [1, 2, 3]),
  "space.addMany": (_, space) => space.addMany(["b"], [[1, 2, 3]]),
  "space.delete": (_, space) => space.delete("a"),
  "space.deleteMany": (_, space) => space.deleteMany(["a"]),
  "space.has": (_, space) => space.has("a"),
  "space.get": (_, space) => space.get("a"),
  "space.size": (_, space) => space.size,
  "space.keys": (_, space) => space.keys(),
  "space.search": (_, space) => space.search([1, 2, 3]),
  "space.search with a filter": (_, space) => space.search([1, 2, 3], { filter: () => true }),
  "space.searchMany": (_, space) => space.searchMany([[1, 2, 3]]),
};

async function expectClosed(index: VectorIndex, space: Space): Promise<void> {
  for (const [name, call] of Object.entries(CALLS)) {
    const refusal = await refusalOf(() => call(index, space));
    expect({ name, code: refusal.code }).toEqual({ name, code: "CLOSED" });
    expect(refusal.message).toMatch(/closed/);
  }
}

for (const workers of [0, 2]) {
  describe(`with workers: ${workers}`, () => {
    test("a closed index refuses everything", async () => {
      const index = await open({ dimensions: 3, workers });
      const space = index.space("s");
      await space.add("a", [1, 2, 3]);
      await index.close();
      await expectClosed(index, space);
      expect(index.options.dimensions).toBe(3);
      await index.close(); // again: no error
    });

    test("a closed handle refuses everything, the index does not", async () => {
      await using index = await open({ dimensions: 3, workers });
      const handle = attach(index.attach());
      const space = handle.space("s");
      await space.add("a", [1, 2, 3]);
      await handle.close();
      await expectClosed(handle, space);
      expect(await index.space("s").has("a")).toBe(true);
    });

    test("a handle refuses everything once the index is closed, and so does its ticket", async () => {
      const index = await open({ dimensions: 3, workers });
      const ticket = index.attach();
      const handle = attach(index.attach());
      const space = handle.space("s");
      await space.add("a", [1, 2, 3]);
      await index.close();
      await expectClosed(handle, space);
      expect((await refusalOf(() => attach(ticket))).code).toBe("CLOSED");
      await handle.close();
    });

    test("what waits for room is refused when the index closes", async () => {
      const index = await open({ dimensions: 3, workers, flatBelow: 0, maxPending: 64 });
      const space = index.space("s");
      const outcomes = Array.from({ length: 2000 }, (_, i) =>
        space.add(i, [i + 1, 2, 3]).then(
          () => "accepted",
          (error) => error.code,
        ),
      );
      await index.close();
      const codes = await Promise.all(outcomes);
      expect(codes[0]).toBe("accepted");
      expect(codes.at(-1)).toBe("CLOSED");
      const accepted = codes.lastIndexOf("accepted") + 1; // none passes another
      expect(codes).toEqual([...Array(accepted).fill("accepted"), ...Array(2000 - accepted).fill("CLOSED")]);
    });
  });
}

test("an attached thread's op that waits for room is refused when the index closes", async () => {
  const set = uniform(1000, 5, 7);
  const options = { dimensions: 5, metric: "l2", workers: 1, flatBelow: 16, partitions: 1, maxPending: 64 } as const;
  const parts = await opened({ ...options, timeoutMs: 2000, onIncident: () => {} });
  const { index } = parts;
  await loseWorkers(parts);
  await using helper = new Helper(index.attach());
  const job = { kind: "add", space: "s", keys: keysOf(set), vectors: set.values } as const;
  const outcome = helper.run(job).catch((error) => error.message);
  await until(() => index.space("s").size >= 64, "the space is full");
  await index.close();
  expect(await outcome).toBe("CLOSED");
});
