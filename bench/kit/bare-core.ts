// How does a measurement have threads link without the index's loop? A partition of the core, filled, and its threads.

import type { Worker } from "node:worker_threads";
import { bestVariant, compileCore } from "../../src/core/build.ts";
import * as calls from "../../src/core/calls.ts";
import { Seat } from "../../src/core/seat.ts";
import type { Dataset } from "../datasets/index.ts";

export interface BareCore {
  module: WebAssembly.Module;
  seat: Seat;
}

/** `spaces` spaces of `rows` rows each, nothing linked yet; their homes are the workers in turn. */
export async function filledCore(
  { base, dimensions }: Pick<Dataset, "base" | "dimensions">,
  { spaces, rows, workers }: { spaces: number; rows: number; workers: number },
): Promise<BareCore> {
  const module = await compileCore("release", bestVariant());
  const settings = {
    ...({ dimensions, metric: "cosine", M: 16, efConstruction: 32, seed: 1 } as const),
    ...{ flatBelow: 0, maxPending: 1e6, partitionLimit: 2 ** 32 - 2 * 65536, quantization: "auto" as const },
  };
  const seat = Seat.create(module, settings, 0, true);
  for (let space = 0; space < spaces; space++) {
    const made = calls.makeSpace(seat, seat.putKey(`space ${space}`), space % workers) as calls.SpaceAt;
    for (let row = space * rows; row < (space + 1) * rows; row++) {
      seat.putVector(base.subarray(row * dimensions, (row + 1) * dimensions));
      if (calls.add(seat, made, seat.putKey(row)) < 0) throw new Error(`row ${row} was refused`);
    }
  }
  return { module, seat };
}

/** Works off everything that the seat has claimed, in calls of up to `most` ops. */
export function linkClaims(seat: Seat, most: number): void {
  while (calls.link(seat, most).more);
}

/** The next message of a thread; rejects when it throws. */
export function heard<Message>(thread: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}
