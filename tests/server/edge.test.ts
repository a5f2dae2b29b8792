/*
 * Do filters match what they match in Qdrant's own engine? Compared on random ones, where Python has `qdrant-edge-py`: name
 * that Python in QDRANT_EDGE_PYTHON.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { filter as schema } from "../../src/server/points/filter.ts";
import { passes } from "../../src/server/points/passes.ts";
import type { Payload } from "../../src/server/points/paths.ts";
import type { Value } from "../../src/server/wire/json.ts";
import { filters, payloads } from "./arbitrary-filters.ts";

const python = process.env.QDRANT_EDGE_PYTHON;
const SEED = Number(process.env.SEED ?? 1);
if (python === undefined)
  console.warn("not compared with Qdrant's engine: QDRANT_EDGE_PYTHON names no Python that has it");

test.skipIf(python === undefined)(
  `random filters find the same points there, seed ${SEED}`,
  async () => {
    const drawn = fc.sample(filters, { numRuns: 1500, seed: SEED });
    // Python's true and false are integers to its bindings.
    const asked = drawn.filter((one) => !/"value":(true|false)/.test(JSON.stringify(one))) as Value[];
    const documents = fc.sample(payloads, { numRuns: 80, seed: SEED }) as Payload[];
    const job = Bun.spawn([python!, new URL("edge.py", import.meta.url).pathname], {
      stdin: Buffer.from(JSON.stringify({ payloads: documents, filters: asked })),
      stdout: "pipe",
    });
    const found = (await job.stdout.json()) as number[][];
    for (const [i, one] of asked.entries()) {
      const read = schema.read(structuredClone(one), "filter");
      const ids = documents.flatMap((payload, id) => (passes(read, { id, payload }, new Set()) ? [id] : []));
      expect({ filter: one, ids }).toEqual({ filter: one, ids: found[i]! });
    }
  },
  60_000,
);
