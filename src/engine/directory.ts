/* Where is the space of that name? Asked of the core once, then remembered until the space is dropped. */
import { E_JOURNAL_FULL, E_JOURNAL_STUCK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import type { KeyHeader } from "../values/keys.ts";
import type { Durability } from "./durability.ts";
import type { Host } from "./host.ts";

/** A thread that adds: it hears of every op that was accepted in a partition, and of every look that depends on one. */
type Adder = Pick<Host, "seats" | "settings" | "storedName" | "guarded" | "refusal"> & {
  readonly durability: Pick<Durability, "refuses">;
  accepted(partition: number): void;
};

export class Directory {
  private readonly refs = new Map<string, calls.SpaceRef>();

  constructor(private readonly handle: Adder) {}

  /** The space of that name, or null; AGAIN while its partition is busy. */
  find(name: string): calls.SpaceRef | null | typeof calls.AGAIN {
    return this.refs.get(name) ?? this.ask<null>(name, calls.findSpace);
  }

  /** The space of that name, which is created if there is none; AGAIN while its partition is busy or its journal full. */
  make(name: string): calls.SpaceRef | typeof calls.AGAIN {
    return this.refs.get(name) ?? this.ask<never>(name, calls.makeSpace);
  }

  private ask<Absent extends null>(
    name: string,
    call: (seat: Seat, name: KeyHeader, home: number) => calls.SpaceAt | Absent | calls.Refusal,
  ): calls.SpaceRef | Absent | typeof calls.AGAIN {
    const { seats, settings } = this.handle;
    const stored = this.handle.storedName(name);
    const hash = calls.hashName(seats[0]!, seats[0]!.putName(stored));
    const partition = partitionOf(hash, settings.partitions);
    const home = homeOf(hash, settings.partitions, settings.workers);
    const seat = seats[partition]!;
    const header = seat.putName(stored);
    const found = this.handle.guarded(() => call(seat, header, home));
    if (found === calls.AGAIN || found === E_JOURNAL_FULL) return calls.AGAIN;
    if (found === E_JOURNAL_STUCK && !this.handle.durability.refuses) return calls.AGAIN;
    if (typeof found === "number") throw this.handle.refusal(found, seat);
    this.handle.accepted(partition); // the absence may depend on an op that is not durable yet
    if (found === null) return found;
    const ref = { ...found, seat, partition, home };
    this.refs.set(name, ref);
    return ref;
  }

  forget(name: string): void {
    this.refs.delete(name);
  }
}
