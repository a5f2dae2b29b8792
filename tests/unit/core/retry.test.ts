/* Is a call that finds a lock taken made again, and given up in time? */
import { expect, test } from "bun:test";
import { AGAIN, eventually, insist } from "../../../src/core/retry.ts";

/** Busy for the given number of calls, then free. */
function busyFor(times: number): () => string | typeof AGAIN {
  return () => (times-- > 0 ? AGAIN : "free");
}

test("a busy call is made again in later turns of the event loop", async () => {
  let later = false;
  setImmediate(() => {
    later = true;
  });
  expect(await eventually(busyFor(0), 1000)).toBe("free");
  expect(later).toBeFalse(); // a free one needs none
  expect(await eventually(busyFor(3), 10_000)).toBe("free");
  expect(later).toBeTrue();
});

test("it rejects with TIMEOUT when the lock is not free in time, and with what the call throws", async () => {
  await expect(eventually(() => AGAIN, 5)).rejects.toMatchObject({ code: "TIMEOUT" });
  const broken = () => {
    throw new Error("broken");
  };
  await expect(eventually(broken, 1000)).rejects.toThrow("broken");
});

test("a caller without a later turn insists, but not for ever", () => {
  expect(insist(busyFor(1000))).toBe("free");
  expect(() => insist(() => AGAIN)).toThrow("busy for a second");
});

test("a turn in which a caller blocks the event loop counts as a short one", async () => {
  const found = eventually(busyFor(3), 20);
  setImmediate(() => Bun.sleepSync(60)); // in which another thread could have let go
  expect(await found).toBe("free");
});
