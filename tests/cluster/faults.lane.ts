/* The short form of `bun tests/cluster/faults.ts`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { describeWithNats } from "../support/nats.ts";
import { runFaults } from "./faults/run.ts";

setDefaultTimeout(240_000);

describeWithNats("faults at random", () => {
  test("nothing that was acknowledged is lost, doubled or out of order, and all members have the same", async () => {
    const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e9));
    const { failures, acknowledged, reads, comparisons } = await runFaults({ faults: 12, seed });
    expect(failures).toEqual([]);
    expect(Math.min(acknowledged, reads, comparisons)).toBeGreaterThan(0);
  });
});
