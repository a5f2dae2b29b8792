/* What does a caller hear of a call that failed? */
import { expect, test } from "bun:test";
import { AGAIN } from "../../../src/core/retry.ts";
import { FieldBoard } from "../../../src/engine/field-board.ts";
import { Host } from "../../../src/engine/host.ts";
import { HnswError } from "../../../src/errors.ts";

class Bare extends Host {
  readonly fields = new FieldBoard({ shared: false });
  readonly seats = [];
  readonly settings = { dimensions: 1, ef: 1, recall: 0.95, partitions: 1, workers: 0, timeoutMs: 20 };
  isOpen = true;

  assertOpen(): void {
    if (!this.isOpen) throw new HnswError("CLOSED", "closed");
  }

  find(): null {
    return null;
  }

  forget(): void {}

  inTurn<T>(_kind: string, census: () => Promise<T>): Promise<T> {
    return census();
  }

  wake(): void {}
}

function failing(error: Error): () => never {
  return () => {
    throw error;
  };
}

test("a trap becomes INTERNAL, with the trap as its cause; everything else stays what it is", () => {
  const host = new Bare();
  const trap = new WebAssembly.RuntimeError("unreachable");
  const refusal = new HnswError("BAD_KEY", "empty");
  expect(() => host.guarded(failing(trap))).toThrow(expect.objectContaining({ code: "INTERNAL", cause: trap }));
  expect(() => host.guarded(failing(refusal))).toThrow(refusal);
});

test("a busy partition is waited for until the time is over, or the index is closed", async () => {
  const host = new Bare();
  await expect(host.whenFree(() => AGAIN)).rejects.toMatchObject({ code: "TIMEOUT" });
  const closing = host.whenFree(() => {
    host.isOpen = false;
    return AGAIN;
  });
  await expect(closing).rejects.toMatchObject({ code: "CLOSED" });
});
