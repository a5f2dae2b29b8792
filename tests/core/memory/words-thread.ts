/* The other thread of words.test.ts: creates instances until it is stopped, then the last of them read two vectors. */
import { parentPort } from "node:worker_threads";
import { OK } from "../../../assembly/layout.ts";
import { Seat } from "../../../src/core/seat.ts";

export interface JoinTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** A space with the key "old" at first, with "new" at the end. */
  at: number;
  incarnation: number;
  /** [0]: 1 once instances are created here; [1]: 1 to create no more, 2 when "new" is in. */
  signals: Int32Array;
}

const SEAT = 1;
const WARM_READS = 200_000; // then the engine has compiled `get` for its top tier
const LATEST = 100; // the memory grew while one of the last was created

const port = parentPort!;

port.on("message", ({ module, memory, at, incarnation, signals }: JoinTask) => {
  const seats: Seat[] = [];
  const join = () => seats.push(Seat.join(module, memory, SEAT, true));
  const read = (seat: Seat, key: string) => {
    if (seat.core.get(at, incarnation, seat.putKey(key), 1) !== OK) throw new Error(`${key} is not there`);
  };
  join();
  for (let i = 0; i < WARM_READS; i++) read(seats[0]!, "old");
  Atomics.store(signals, 0, 1);
  while (Atomics.load(signals, 1) === 0) {
    join();
    if (seats.length > LATEST) seats.shift();
  }
  while (Atomics.load(signals, 1) === 1);
  try {
    for (const seat of seats) for (const key of ["old", "new"]) read(seat, key);
    port.postMessage("read");
  } catch (error) {
    port.postMessage(String(error));
  }
});
