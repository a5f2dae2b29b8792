/*
 * What do all members know of the placement? One record, changed by compare-and-set only: its revision is the epoch of the placement.
 *
 *   { "version": 1, "members": [[name, capacity], …], "partitions": [[members' places in the list, …], …] }
 */
import type { SideStream } from "../log/side-stream.ts";
import type { Placement } from "./policy.ts";

const SUBJECT = "record";
const VERSION = 1;

export interface PlacementRecord {
  /** 0: there is none yet. */
  revision: number;
  placement: Placement;
  capacities: ReadonlyMap<string, number>;
}

/** Before anything was placed. */
export function noRecord(partitions: number): PlacementRecord {
  return { revision: 0, placement: Array.from({ length: partitions }, () => []), capacities: new Map() };
}

/** Names of members are 16 hexadecimal digits. */
export const isMemberName = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{16}$/.test(value);

export const isCapacity = (value: unknown): value is number =>
  typeof value === "number" && value >= 0.01 && value <= 1_000;

export class RecordStore {
  constructor(
    private readonly stream: SideStream,
    private readonly partitions: number,
  ) {}

  /** The newest. Throws where there is one that makes no sense. */
  async read(): Promise<PlacementRecord> {
    const found = await this.stream.lastRevision(SUBJECT);
    if (found === null) return noRecord(this.partitions);
    return { revision: found.revision, ...readRecord(found.bytes, this.partitions) };
  }

  /** False: another member was quicker. */
  async replace(revision: number, placement: Placement, capacities: ReadonlyMap<string, number>): Promise<boolean> {
    const names = [...new Set(placement.flat())];
    const members = names.map((name) => [name, capacities.get(name) ?? 1]);
    const places = new Map(names.map((name, place) => [name, place]));
    const partitions = placement.map((holders) => holders.map((name) => places.get(name)));
    const text = JSON.stringify({ version: VERSION, members, partitions });
    return await this.stream.replace(SUBJECT, revision, new TextEncoder().encode(text));
  }
}

/** Throws what makes no sense. */
export function readRecord(bytes: Uint8Array, count: number): Omit<PlacementRecord, "revision"> {
  const { version, members, partitions } = JSON.parse(new TextDecoder().decode(bytes));
  if (version !== VERSION) throw new Error(`the placement has version ${version}`);
  const capacities = new Map<string, number>();
  for (const [name, capacity] of members) {
    if (!isMemberName(name) || !isCapacity(capacity)) throw new Error("a member of the placement makes no sense");
    capacities.set(name, capacity);
  }
  const names = [...capacities.keys()];
  if (!Array.isArray(partitions) || partitions.length !== count)
    throw new Error("the placement is of other partitions");
  const placement = partitions.map((holders: unknown) => {
    if (!Array.isArray(holders) || !holders.every((place) => Number.isInteger(place) && names[place] !== undefined)) {
      throw new Error("a partition of the placement makes no sense");
    }
    return holders.map((place) => names[place]!);
  });
  return { placement, capacities };
}
