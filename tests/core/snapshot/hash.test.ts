/* Is the hash of the intake xxHash64, for every length? */
import { expect, test } from "bun:test";
import * as calls from "../../../src/core/calls.ts";
import { partition } from "../harness.ts";

test("of 0 to 65,536 bytes", async () => {
  const seat = await partition();
  for (const length of [0, 1, 3, 4, 7, 8, 12, 31, 32, 33, 63, 64, 100, 1000, 65536]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + length);
    seat.intakeBytes.set(bytes);
    expect({ length, hash: calls.hashIntake(seat, length) }).toEqual({ length, hash: Bun.hash.xxHash64(bytes) });
  }
});
