/*
 * Who decides where partitions lie? Every member, one at a time. Each hears the others' beats, and what they serve; where the placement is
 * not what it should be for those that are there, the first in line changes the record, by compare-and-set.
 *
 * A member that does not hear its own beats does not hear those of others: it decides nothing. Beats are plain messages and not kept in
 * a stream: for seconds after a server has ended its streams may have no leader, and all members would seem to be away.
 */
import { messageOf } from "../../errors.ts";
import { type Beat, decodeBeat, encodeBeat } from "./beat.ts";
import { isTurnOf, nextPlacement, type Placement } from "./policy.ts";
import { Presence } from "./presence.ts";
import { noRecord, type PlacementRecord, type RecordStore } from "./record.ts";

const BEATS_AWAY = 10; // in the time after which a member is away
/** Once in this many beats the record is read, even if no member knows a newer one. */
const LOOK_BEATS = 10;
const PATIENCE_BEATS = 2;

export interface StewardOptions {
  name: string;
  capacity: number;
  partitions: number;
  replicas: number;
  awayMs: number;
}

export interface StewardHost {
  /** Sends a beat to all members, this one as well. */
  say(beat: Uint8Array): void;
  state(): Pick<Beat, "serves" | "isFull">;
  /** Who holds or serves what may have changed. */
  changed(): void;
}

export class Steward {
  record: PlacementRecord;
  private readonly presence: Presence;
  /** What others said last. */
  private readonly beats = new Map<string, { serves: ReadonlySet<number>; isFull: boolean }>();
  /** Of the newest placement that a member knows. */
  private newest = 0;
  private count = 0;
  private wrongSince: number | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private step: Promise<void> | null = null;
  private looking: Promise<void> | null = null;
  /** Names that a record has had: a member that is silent from then on is away. */
  private readonly presumed = new Set<string>();
  /** Why the placement can't be read or changed at the moment. */
  trouble: string | null = null;

  constructor(
    private readonly options: StewardOptions,
    private readonly store: RecordStore,
    private readonly host: StewardHost,
  ) {
    this.presence = new Presence(options.awayMs);
    this.record = noRecord(options.partitions);
  }

  get name(): string {
    return this.options.name;
  }

  get revision(): number {
    return this.record.revision;
  }

  start(): void {
    this.timer = setInterval(() => this.beat(), this.options.awayMs / BEATS_AWAY);
    this.beat();
  }

  /** Others take over at once what is held here. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.say(true);
    await this.step;
  }

  /** What this member serves has changed, or something else that others should know at once. */
  beat(): void {
    this.say(false);
    this.step ??= this.decide()
      .then(() => {
        this.trouble = null;
      })
      .catch((error) => {
        this.trouble = messageOf(error);
      })
      .finally(() => {
        this.step = null;
      });
  }

  hears(bytes: Uint8Array): void {
    const beat = decodeBeat(bytes, this.options.partitions);
    if (beat === null) return;
    const now = performance.now();
    const { name, capacity, revision, serves, isFull, leaves } = beat;
    if (name === this.name) this.presence.listens(now);
    this.newest = Math.max(this.newest, revision);
    if (leaves) {
      this.presence.leaves(name);
      this.beats.delete(name);
    } else {
      this.presence.hears(name, capacity, now);
      this.presumed.add(name);
      if (name !== this.name) this.beats.set(name, { serves: new Set(serves), isFull });
    }
    this.host.changed();
  }

  /** Whether the record gives it to this member. */
  isOwn(partition: number): boolean {
    return this.record.placement[partition]!.includes(this.name);
  }

  /** Other members that serve it, as they said last. */
  replicasOf(partition: number): string[] {
    return Array.from(this.beats).flatMap(([name, { serves }]) => (serves.has(partition) ? [name] : []));
  }

  /** Whether all that are to hold it serve it: then no other member needs to. */
  isServed(partition: number): boolean {
    const serving = new Set(this.replicasOf(partition));
    const holders = this.record.placement[partition]!;
    return holders.length > 0 && holders.every((name) => serving.has(name));
  }

  /** Whether a member that serves it takes nothing more. */
  isFull(partition: number): boolean {
    return [...this.beats.values()].some(({ isFull, serves }) => isFull && serves.has(partition));
  }

  /** Reads the placement again. */
  look(): Promise<void> {
    this.looking ??= this.readRecord().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private say(leaves: boolean): void {
    const { name, capacity, partitions } = this.options;
    this.host.say(encodeBeat({ name, capacity, revision: this.revision, ...this.host.state(), leaves }, partitions));
  }

  private async readRecord(): Promise<void> {
    const record = await this.store.read();
    if (record.revision < this.record.revision) return; // from a server that is behind
    this.record = record;
    const now = performance.now();
    for (const [name, capacity] of record.capacities) {
      if (this.presumed.has(name)) continue;
      this.presumed.add(name);
      this.presence.hears(name, capacity, now);
    }
    this.host.changed();
  }

  private async decide(): Promise<void> {
    const { replicas, awayMs } = this.options;
    if (this.count++ % LOOK_BEATS === 0 || this.newest > this.record.revision) await this.look();
    const now = performance.now();
    if (!this.presence.isListening(now)) return;
    const members = this.presence.members(now);
    const present = new Set(members.map(({ name }) => name));
    for (const name of this.beats.keys()) if (!present.has(name)) this.beats.delete(name);
    const { revision, placement } = this.record;
    const next = nextPlacement(members, replicas, placement);
    if (isSame(next, placement)) {
      this.wrongSince = null;
      return;
    }
    this.wrongSince ??= now;
    if (!isTurnOf(this.name, members, now - this.wrongSince, (PATIENCE_BEATS * awayMs) / BEATS_AWAY)) return;
    const capacities = new Map(members.map(({ name, capacity }) => [name, capacity]));
    await this.store.replace(revision, next, capacities);
    await this.look();
    this.say(false); // others look as well
  }
}

function isSame(a: Placement, b: Placement): boolean {
  return a.every((holders, i) => holders.length === b[i]!.length && holders.every((name) => b[i]!.includes(name)));
}
