/* The short form of `bun tests/cluster/faults.ts`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { describeWithNats } from "../support/nats.ts";
import { runFaults } from "./faults/run.ts";

setDefaultTimeout(240_000);

describeWithNats("faults at random", () => {
  test.each([
    ["all members have the same", null, 12],
    ["members that hold two replicas of each partition have the same", 2, 8],
  ])("nothing that was acknowledged is lost, doubled or out of order, and %s", async (_, replicas, faults) => {
    const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e9));
    const { failures, acknowledged, reads, comparisons } = await runFaults({ faults, seed, replicas });
    expect(failures).toEqual([]);
    expect(Math.min(acknowledged, reads, comparisons)).toBeGreaterThan(0);
  });
});
