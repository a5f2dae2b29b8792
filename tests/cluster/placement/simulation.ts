/* What does the policy make of members that come, go and flap? The code that members run, on a virtual clock. */
import { type Candidate, isTurnOf, nextPlacement, type Placement } from "../../../src/cluster/placement/policy.ts";
import { Presence } from "../../../src/cluster/placement/presence.ts";
import type { Chance } from "../../stress/chance.ts";

const BEAT_MS = 1_000;
const AWAY_MS = 10_000;
const PATIENCE_MS = 2_000;
/** Looking takes a beat at each end, and the first ones in line may be silent themselves. */
export const DETECTION_MS = AWAY_MS + 2 * BEAT_MS + 3 * PATIENCE_MS;
/** With more members, one that listens stands for all. */
const MOST_LISTENERS = 20;
const FIRST_IN_LINE = 6;

export interface Play {
  members: number;
  partitions: number;
  replicas: number;
  minutes: number;
}

interface Actor {
  name: string;
  capacity: number;
  /** Until then it does nothing, like a process that is not there yet or is stopped. */
  silentUntil: number;
  presence: Presence;
  /** Since when the placement has not been what it should be, as far as it knows. */
  wrongSince: number | null;
}

export interface Report {
  changes: number;
  moves: number;
  leastMoves: number;
  /** Of all entries of the placement that had no live member, while one was awake that could see it. */
  longestWithoutHolderMs: number;
  came: number;
  went: number;
  flapped: number;
}

export class Simulation {
  private now = 0;
  private names = 0;
  private readonly actors: Actor[] = [];
  private readonly common: Presence | null;
  private placement: Placement;
  private readonly known = new Map<string, Placement | null>();
  private readonly without: (number | null)[];
  private readonly report: Report = {
    ...{ changes: 0, moves: 0, leastMoves: 0, longestWithoutHolderMs: 0, came: 0, went: 0, flapped: 0 },
  };

  constructor(
    private readonly play: Play,
    private readonly chance: Chance,
  ) {
    this.common = play.members > MOST_LISTENERS ? new Presence(AWAY_MS) : null;
    this.placement = Array.from({ length: play.partitions }, () => []);
    this.without = this.placement.map(() => 0);
    for (let i = 0; i < play.members; i++) this.come();
  }

  run(): Report {
    const { minutes, members } = this.play;
    for (const end = minutes * 60_000; this.now < end; this.now += BEAT_MS) {
      if (this.chance.is(Math.min(0.5, members / 300))) this.anything();
      this.beat();
      this.decideAll();
      this.look();
    }
    return this.report;
  }

  private come(): void {
    const { chance, common } = this;
    const capacity = chance.is(0.2) ? 2 : 1;
    const presence = common ?? new Presence(AWAY_MS);
    this.actors.push({ name: `m${this.names++}`, capacity, silentUntil: this.now, presence, wrongSince: null });
    this.report.came++;
  }

  private anything(): void {
    const { chance, actors, play } = this;
    const dice = chance.between(0, 9);
    const actor = chance.oneOf(actors);
    if (dice < 4) {
      actor.silentUntil = this.now + chance.between(1, 4 * AWAY_MS);
      this.report.flapped++;
    } else if (dice < 7) {
      if (actors.length <= Math.max(3, play.members / 2)) return;
      actors.splice(actors.indexOf(actor), 1);
      this.report.went++;
      if (chance.is(0.3)) for (const { presence } of this.actors) presence.leaves(actor.name);
    } else if (actors.length < play.members) this.come();
  }

  private awake(): Actor[] {
    return this.actors.filter(({ silentUntil }) => silentUntil <= this.now);
  }

  private beat(): void {
    const awake = this.awake();
    const listeners = this.common === null ? awake.map(({ presence }) => presence) : [this.common];
    for (const presence of listeners) {
      presence.listens(this.now);
      for (const { name, capacity } of awake) presence.hears(name, capacity, this.now);
    }
  }

  /** Only the first in line ever have their turn. */
  private decideAll(): void {
    if (this.common === null) for (const actor of this.awake()) this.decide(actor, actor.presence.members(this.now));
    else {
      const members = this.common.members(this.now);
      const first = new Set(members.slice(0, FIRST_IN_LINE).map(({ name }) => name));
      for (const actor of this.awake()) if (first.has(actor.name)) this.decide(actor, members);
    }
  }

  /** As each member does with every beat. */
  private decide(actor: Actor, members: readonly Candidate[]): void {
    const wanted = this.wanted(members);
    if (wanted === null) {
      actor.wrongSince = null;
      return;
    }
    actor.wrongSince ??= this.now;
    if (!isTurnOf(actor.name, members, this.now - actor.wrongSince, PATIENCE_MS)) return;
    this.report.moves += movesOf(this.placement, wanted);
    this.report.leastMoves += leastMoves(members, this.play.replicas, this.placement);
    this.report.changes++;
    for (const [i, holders] of wanted.entries()) {
      if (!isSame([holders], [this.placement[i]!]) && this.without[i] !== null) this.without[i] = this.now;
    }
    this.placement = wanted;
    this.known.clear();
  }

  /** Null where nothing is to change. Members with the same view decide the same: so it is computed once. */
  private wanted(members: readonly Candidate[]): Placement | null {
    const key = members.map(({ name, isSettled }) => `${name}${isSettled}`).join();
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const next = nextPlacement(members, this.play.replicas, this.placement);
    const wanted = isSame(this.placement, next) ? null : next;
    this.known.set(key, wanted);
    return wanted;
  }

  private look(): void {
    const awake = new Set(this.awake().map(({ name }) => name));
    const listening = Math.min(this.now, ...this.awake().map(({ silentUntil }) => silentUntil));
    for (const [i, holders] of this.placement.entries()) {
      if (holders.some((name) => awake.has(name))) this.without[i] = null;
      else {
        this.without[i] ??= this.now;
        const lasted = this.now - Math.max(this.without[i], listening);
        this.report.longestWithoutHolderMs = Math.max(this.report.longestWithoutHolderMs, lasted);
      }
    }
  }
}

/** Replicas that are somewhere where they were not. */
export function movesOf(before: Placement, after: Placement): number {
  return after.reduce((sum, holders, i) => sum + holders.filter((name) => !before[i]!.includes(name)).length, 0);
}

function isSame(a: Placement, b: Placement): boolean {
  return a.every((holders, i) => holders.length === b[i]!.length && holders.every((name) => b[i]!.includes(name)));
}

/** What no balanced placement can do with less: each member keeps at most its share of what it has. */
export function leastMoves(members: readonly Candidate[], replicas: number, current: Placement): number {
  const held = new Map(members.map(({ name }) => [name, 0]));
  for (const holders of current) {
    for (const name of new Set(holders)) if (held.has(name)) held.set(name, held.get(name)! + 1);
  }
  const sure = members.filter(({ name, isSettled }) => isSettled || held.get(name)! > 0);
  const able = sure.length >= replicas ? sure : members.slice(0, replicas);
  const slots = Math.min(replicas, able.length) * current.length;
  let [kept, roundedDown] = [0, 0];
  let above = 0;
  for (const [name, share] of sharesOf(able, slots, current.length)) {
    const down = Math.floor(share + 1e-9);
    roundedDown += down;
    kept += Math.min(down, held.get(name)!);
    if (share - down > 1e-9 && held.get(name)! > down) above++;
  }
  return slots - kept - Math.min(above, slots - roundedDown);
}

/** What each is to have by its capacity, one replica of a partition at most. */
export function sharesOf(members: readonly Candidate[], slots: number, most: number): Map<string, number> {
  const capped = new Set<string>();
  for (;;) {
    const open = members.filter(({ name }) => !capped.has(name));
    const capacity = open.reduce((sum, member) => sum + member.capacity, 0);
    const each = (slots - capped.size * most) / capacity;
    const over = open.filter((member) => each * member.capacity > most + 1e-9);
    if (over.length === 0) {
      return new Map(members.map(({ name, capacity: own }) => [name, capped.has(name) ? most : each * own]));
    }
    for (const { name } of over) capped.add(name);
  }
}
