/* Does the core work the same in memory that no thread shares, which moves when it grows? */
import { describe, expect, test } from "bun:test";
import { bestVariant, compileCore } from "../../src/core/build.ts";
import * as calls from "../../src/core/calls.ts";
import { Seat } from "../../src/core/seat.ts";
import { CoreSpace, clustered, partitionSettings } from "./harness.ts";

const SEED = 60;

async function spaceIn(shared: boolean, variant = bestVariant()): Promise<CoreSpace> {
  const module = await compileCore("release", variant, shared);
  const settings = partitionSettings({ dimensions: 13, flatBelow: 200 });
  return new CoreSpace(Seat.create(module, settings, 0, false, shared), "s");
}

for (const variant of new Set([bestVariant(), "baseline"] as const)) {
  test(`${variant}: the same answers and graphs as in shared memory, over many growths`, async () => {
    const spaces = [await spaceIn(true, variant), await spaceIn(false, variant)];
    const set = clustered(6000, 13, SEED);
    for (const space of spaces) {
      for (let i = 0; i < set.count; i++) {
        space.add(i % 4000, set.at(i));
        if (i % 9 === 0) space.remove((i * 7) % 4000);
      }
      space.linkAll();
      space.expectWhole("linked");
    }
    const [one, other] = spaces as [CoreSpace, CoreSpace];
    expect(other.seat.memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(other.figures()).toEqual(one.figures());
    expect(other.keys()).toEqual(one.keys());
    for (let q = 0; q < 50; q++) expect(other.search(set.at(q), 10)).toEqual(one.search(set.at(q), 10));
    expect(other.get(17)).toEqual(one.get(17)!);
  });
}

describe("the hash of the intake", () => {
  test("is xxHash64 for every length", async () => {
    const { seat } = await spaceIn(false);
    for (const length of [0, 1, 3, 4, 7, 8, 12, 31, 32, 33, 63, 64, 100, 1000, 65536]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + length);
      seat.intakeBytes.set(bytes);
      expect({ length, hash: calls.hashIntake(seat, length) }).toEqual({ length, hash: Bun.hash.xxHash64(bytes) });
    }
  });
});
