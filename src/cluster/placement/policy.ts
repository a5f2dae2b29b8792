/*
 * Which member should hold which partitions? Each partition lies on `replicas` different members, each member holds its share by
 * capacity, rounded down or up, and as few replicas as possible move. Pure: the same input gives the same placement.
 *
 *   live members ──► shares ──► what stays: at most its share of what each has ──► the rest goes where room is
 */

/** A member that is alive. */
export interface Candidate {
  name: string;
  /** How much it takes compared with others, above 0. */
  capacity: number;
  /** It was there for long enough to be given what need not move. */
  isSettled: boolean;
}

/** Names of the members that hold a partition, by its number. */
export type Placement = readonly (readonly string[])[];

interface Seat {
  name: string;
  /** Partitions that it is to hold. */
  quota: number;
  holds: Set<number>;
}

/**
 * The placement that follows `current` for the members that are alive now. The same as `current`, where that is still
 * right; what holds a partition already comes first. Without any member nothing changes. A member that is not settled keeps what it
 * has, and gets something only where too few others are there. `replicas` is at least 1.
 */
export function nextPlacement(members: readonly Candidate[], replicas: number, current: Placement): string[][] {
  const able = ableMembers(members, replicas, current);
  const count = Math.min(replicas, able.length);
  if (count === 0) return current.map((holders) => [...holders]);
  const names = new Set(able.map(({ name }) => name));
  const kept = current.map((holders) => [...new Set(holders)].filter((name) => names.has(name)));
  const seats = seatsOf(able, kept, count);
  keepShares(seats, kept, count);
  new Filling(seats, kept, count).fill();
  return kept;
}

/**
 * Whether a member may change a placement that has been wrong for that long: the first in line at once, the others after it, if it did
 * not. Several may: only one of them succeeds. `members`: those that are alive, in order.
 */
export function isTurnOf(name: string, members: readonly Candidate[], wrongForMs: number, patienceMs: number): boolean {
  const place = members.findIndex((member) => member.name === name);
  return place >= 0 && wrongForMs >= place * patienceMs;
}

/** The settled ones, those that hold something, and where they are too few those that have come first. */
function ableMembers(members: readonly Candidate[], replicas: number, current: Placement): Candidate[] {
  const holders = new Set(current.flat());
  const able = members.filter(({ name, isSettled }) => isSettled || holders.has(name));
  const others = members.filter(({ name, isSettled }) => !isSettled && !holders.has(name));
  return [...able, ...others.slice(0, Math.max(0, replicas - able.length))];
}

function seatsOf(able: readonly Candidate[], kept: readonly string[][], count: number): Map<string, Seat> {
  const holds = new Map(able.map(({ name }) => [name, new Set<number>()]));
  for (const [partition, holders] of kept.entries()) for (const name of holders) holds.get(name)!.add(partition);
  const shares = sharesOf(able, kept.length * count, kept.length);
  const seats = able.map(({ name }, i) => ({ name, quota: Math.floor(shares[i]! + 1e-9), holds: holds.get(name)! }));
  // Those that have more than their share rounded down are rounded up first: so less has to move.
  const order = seats.map((seat, i) => ({ seat, rest: shares[i]! - seat.quota })).filter(({ rest }) => rest > 1e-9);
  const hasMore = ({ seat }: { seat: Seat }) => Number(seat.holds.size > seat.quota);
  order.sort((a, b) => hasMore(b) - hasMore(a) || b.rest - a.rest || (a.seat.name < b.seat.name ? -1 : 1));
  const missing = kept.length * count - seats.reduce((sum, { quota }) => sum + quota, 0);
  for (const { seat } of order.slice(0, missing)) seat.quota++;
  return new Map(seats.map((seat) => [seat.name, seat]));
}

/** By capacity, and at most one replica of each partition; what is above goes to the others. */
function sharesOf(able: readonly Candidate[], slots: number, most: number): number[] {
  const shares: number[] = able.map(() => -1);
  for (let left = slots; ; ) {
    const open = able.filter((_, i) => shares[i] === -1);
    const capacity = open.reduce((sum, member) => sum + member.capacity, 0);
    const isOver = (member: Candidate) => (left * member.capacity) / capacity > most + 1e-9;
    const over = open.filter(isOver);
    for (const [i, member] of able.entries()) {
      if (shares[i] !== -1) continue;
      if (over.length === 0) shares[i] = Math.min(most, (left * member.capacity) / capacity);
      else if (over.includes(member)) shares[i] = most;
    }
    if (over.length === 0) return shares;
    left -= over.length * most;
  }
}

/** Takes from members what is above their share: first where most replicas stay. */
function keepShares(seats: ReadonlyMap<string, Seat>, kept: string[][], count: number): void {
  const drop = (partition: number, { name, holds }: Seat) => {
    holds.delete(partition);
    kept[partition]!.splice(kept[partition]!.indexOf(name), 1);
  };
  for (const [partition, holders] of kept.entries()) {
    while (holders.length > count) {
      const over = holders
        .map((name) => seats.get(name)!)
        .sort((a, b) => b.holds.size - b.quota - a.holds.size + a.quota);
      drop(partition, over[0]!);
    }
  }
  for (const seat of seats.values()) {
    const most = [...seat.holds].sort((a, b) => kept[b]!.length - kept[a]!.length);
    for (let i = 0; seat.holds.size > seat.quota; i++) drop(most[i]!, seat);
  }
}

/** Gives each partition the members that it lacks. */
class Filling {
  /** What was there before, by partition: taking it away again is one more replica that moves. */
  private readonly stays: ReadonlySet<string>[];

  constructor(
    private readonly seats: ReadonlyMap<string, Seat>,
    private readonly kept: string[][],
    private readonly count: number,
  ) {
    this.stays = kept.map((holders) => new Set(holders));
  }

  /** Those that have lost most come first. */
  fill(): void {
    const order = this.kept
      .map((_, partition) => partition)
      .sort((a, b) => this.kept[a]!.length - this.kept[b]!.length);
    for (const partition of order) {
      while (this.kept[partition]!.length < this.count) {
        const seat = this.roomiest(partition);
        if (seat !== null) this.put(partition, seat);
        else this.exchange(partition);
      }
    }
  }

  private put(partition: number, seat: Seat): void {
    this.kept[partition]!.push(seat.name);
    seat.holds.add(partition);
  }

  /** Of those with the same room, different ones for different partitions: so that two members seldom have all in common. */
  private roomiest(partition: number): Seat | null {
    let best: Seat | null = null;
    let rank = 0;
    for (const seat of this.seats.values()) {
      const room = seat.quota - seat.holds.size;
      if (room <= 0 || seat.holds.has(partition)) continue;
      const own = room + mixed(seat.name, partition);
      if (best !== null && own <= rank) continue;
      [best, rank] = [seat, own];
    }
    return best;
  }

  /**
   * All that have room hold this partition already. So a member gives up another one for it, and that goes to one with room, or on in
   * the same way: the way on which the fewest replicas move that would have stayed.
   */
  private exchange(start: number): void {
    const from = new Map<number, { partition: number; seat: Seat }>();
    const costs = new Map([[start, 0]]);
    const done = new Set<number>();
    for (;;) {
      const partition = cheapest(costs, done);
      if (partition === undefined) throw new Error("the shares of members do not fit partitions"); // they always do
      done.add(partition);
      const seat = this.roomiest(partition);
      if (seat !== null) {
        this.pass(start, partition, seat, from);
        return;
      }
      for (const other of this.seats.values()) {
        if (other.holds.has(partition)) continue;
        for (const given of other.holds) {
          const cost = costs.get(partition)! + Number(this.stays[given]!.has(other.name));
          if (cost >= (costs.get(given) ?? Number.POSITIVE_INFINITY)) continue;
          costs.set(given, cost);
          from.set(given, { partition, seat: other });
        }
      }
    }
  }

  private pass(start: number, last: number, room: Seat, from: Map<number, { partition: number; seat: Seat }>): void {
    this.put(last, room);
    for (let given = last; given !== start; ) {
      const { partition, seat } = from.get(given)!;
      seat.holds.delete(given);
      this.kept[given]!.splice(this.kept[given]!.indexOf(seat.name), 1);
      this.put(partition, seat);
      given = partition;
    }
  }
}

function cheapest(costs: ReadonlyMap<number, number>, done: ReadonlySet<number>): number | undefined {
  let best: number | undefined;
  for (const [partition, cost] of costs) {
    if (!done.has(partition) && (best === undefined || cost < costs.get(best)!)) best = partition;
  }
  return best;
}

/** A number from 0 to 1 that looks random, the same everywhere. */
function mixed(name: string, partition: number): number {
  let hash = 0x811c9dc5 ^ partition;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
