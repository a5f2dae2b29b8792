/* Can each contender that is installed do what it is measured by? */
import { describe, expect, test } from "bun:test";
import type { PeersMeasurement, PeersTask } from "../../bench/experiments/peers/measure.ts";
import { measureInChild } from "../../bench/kit/child.ts";
import { MAIN_EF } from "../../bench/kit/curve.ts";
import { contenders } from "../../bench/peers/index.ts";

const N = 1000;

describe("what is installed", () => {
  for (const { name, available, load } of contenders) {
    test.skipIf(available() !== null)(
      `${name} finds what it was given, and saves it`,
      async () => {
        const task: PeersTask = { contender: name, set: "synth128", n: N, threads: 1 };
        const { curve, saved } = await measureInChild<PeersTask, PeersMeasurement>(
          "experiments/peers/measure.ts",
          task,
          1,
        );
        expect(curve.find(({ ef }) => ef === MAIN_EF)!.recall).toBeGreaterThan(0.8);
        expect(saved?.loadSeconds !== undefined).toBe(load !== undefined);
        if (load) expect(saved!.bytes).toBeGreaterThan(N * 128);
      },
      120_000,
    );
  }
});
