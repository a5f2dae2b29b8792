/* What has been loaded into a partition so far? */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import type { FieldTable } from "../documents/fields.ts";
import type { Host } from "../engine/host.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import { decodeKey } from "../values/keys.ts";

export interface LoadedSpace extends calls.SpaceAt {
  home: number;
  /** Ops up to this number are in it. */
  sequence: number;
  /** By which its rows are judged; null: nothing will read them. */
  fields: FieldTable | null;
}

export class PartitionState {
  readonly number: number;
  readonly seat: Seat;
  /** By their ids. */
  readonly spaces = new Map<number, LoadedSpace>();
  /** Ids of spaces whose snapshots are all damaged: the op that made them must be in the journal. */
  readonly missing = new Set<number>();
  /** Number of the last op. */
  last = 0;
  /** Id of the next new space. */
  nextSpace = 0;
  private readonly settings: Host["settings"];
  private readonly host: Host;

  constructor(host: Host, number: number) {
    this.number = number;
    this.seat = host.seats[number]!;
    this.settings = host.settings;
    this.host = host;
  }

  static ofAll(host: Host): PartitionState[] {
    return host.seats.map((_, number) => new PartitionState(host, number));
  }

  /** The home of a space of that name, or null when the name does not belong in this partition. */
  homeOf(header: number, name: Uint8Array): number | null {
    const { partitions, workers } = this.settings;
    const hash = hashOf(this.seat, header, name);
    return partitionOf(hash, partitions) === this.number ? homeOf(hash, partitions, workers) : null;
  }

  /** The fields of a space of that name. */
  fieldsOf(header: number, name: Uint8Array): FieldTable | null {
    return this.host.fieldsOf(() => decodeKey(header, name, 0) as string);
  }

  sawSpace(id: number): void {
    this.nextSpace = Math.max(this.nextSpace, id + 1);
  }

  sawOp(sequence: number): void {
    this.last = Math.max(this.last, sequence);
  }

  /** Gives the next op this number, and the next new space this id. */
  expect(sequence: number, space = this.nextSpace): void {
    calls.setNext(this.seat, sequence, space);
  }
}

/** The partition in which a name belongs. */
export function partitionOfName({ seats, settings }: Host, header: number, name: Uint8Array): number {
  return partitionOf(hashOf(seats[0]!, header, name), settings.partitions);
}

function hashOf(seat: Seat, header: number, name: Uint8Array): number {
  seat.putKeyBytes(name);
  return calls.hashName(seat, header);
}
