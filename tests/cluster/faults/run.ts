/* Does a cluster keep what it has acknowledged, whatever happens to servers and members? Faults at random, while clients write and read. */
import { Chance } from "../../stress/chance.ts";
import { Audit } from "./audit.ts";
import { ClientLane, type Counts, type Ward } from "./lane.ts";
import { isSame } from "./model.ts";
import { FAULTS, type Fault, Site } from "./site.ts";

const MEMBERS = 4;
const CLIENTS_OF_A_MEMBER = 3;
/** Faults between two comparisons of all members. */
const FAULTS_OF_A_ROUND = 20;
/** Ops that must be acknowledged after a fault of a server before the next, and how long that may take. */
const PROGRESS = 30;
const PROGRESS_MS = 90_000;
const SERVERS = 3;
const PARTITIONS = 8; // as members are opened with

export interface FaultOptions {
  faults: number;
  seed: number;
  snapshotAfterBytes?: number;
  /** Members that hold each partition; null: all do. */
  replicas?: number | null;
  log?(line: string): void;
}

export interface FaultReport extends Counts {
  failures: string[];
  /** By name, as `kill server`. */
  faults: Record<string, number>;
  messages: number;
  missed: number;
  comparisons: number;
  /** Members that were away for so long that they had to be opened again. */
  reopened: number;
  /** Milliseconds from the end of a server's fault until ops go on. */
  worstRecoveryMs: number;
  /** Milliseconds from the last fault of a round until each partition has its replicas. */
  worstRestoredMs: number;
  isCutOff: boolean;
}

export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { faults, seed, snapshotAfterBytes = 2 ** 20, replicas = null, log = () => {} } = options;
  await using site = await Site.start(MEMBERS, { snapshotAfterBytes, timeoutMs: 10_000, replicas });
  await using audit = await Audit.start(site.servers.urls);
  const play = new Play(site, audit, seed, replicas ?? MEMBERS);
  const lanes = play.lanes.map((lane) => lane.run());
  for (let done = 0; done < faults && play.failures.length === 0; done += FAULTS_OF_A_ROUND) {
    await play.round(Math.min(FAULTS_OF_A_ROUND, faults - done));
    log(`${Math.min(done + FAULTS_OF_A_ROUND, faults)} of ${faults} faults: ${play.summary()}`);
  }
  play.isOver = true;
  await Promise.all(lanes);
  if (play.failures.length === 0) await play.compareAll().catch((error) => play.fail(String(error)));
  return play.report();
}

class Play implements Ward {
  isOver = false;
  readonly failures: string[] = [];
  readonly lanes: ClientLane[];
  private readonly chance: Chance;
  private readonly faults: Record<string, number> = {};
  private open = Promise.resolve();
  private comparisons = 0;
  private reopened = 0;
  private worstRecoveryMs = 0;
  private worstRestoredMs = 0;

  constructor(
    readonly site: Site,
    private readonly audit: Audit,
    private readonly seed: number,
    private readonly replicas: number,
  ) {
    this.chance = new Chance(seed, "faults");
    const count = MEMBERS * CLIENTS_OF_A_MEMBER;
    this.lanes = Array.from({ length: count }, (_, i) => {
      return new ClientLane(this, i % MEMBERS, i, new Chance(seed, `client ${i}`));
    });
  }

  gate(): Promise<void> {
    return this.open;
  }

  fail(message: string): void {
    if (this.failures.length < 20) this.failures.push(`seed ${this.seed}: ${message}`);
  }

  /** Half of the faults are of servers, half of members, at the same time; then all must have the same. */
  async round(faults: number): Promise<void> {
    const ofServers = Math.ceil(faults / 2);
    await Promise.all([this.breakServers(ofServers), this.breakMembers(faults - ofServers)]);
    const gate = Promise.withResolvers<void>();
    this.open = gate.promise;
    try {
      while (this.lanes.some(({ isIdle }) => !isIdle)) await Bun.sleep(20);
      await this.compareDigests();
    } catch (error) {
      this.fail(`members can't be compared: ${error}`);
    } finally {
      gate.resolve();
    }
  }

  private async breakServers(faults: number): Promise<void> {
    const { chance } = this;
    for (let done = 0; done < faults; ) {
      const first = chance.between(0, SERVERS - 1);
      // Without a majority now and then.
      const broken = chance.is(0.15) && done + 1 < faults ? [first, (first + 1) % SERVERS] : [first];
      const lasts = chance.between(100, 3_000);
      await Promise.all(
        broken.map((server) => {
          const fault = this.anyFault("server");
          return this.site.server(server, fault, () => Bun.sleep(lasts));
        }),
      );
      done += broken.length;
      await this.goesOn();
    }
  }

  private async breakMembers(faults: number): Promise<void> {
    const { chance, site } = this;
    for (let done = 0; done < faults; done++) {
      const member = chance.between(0, MEMBERS - 1);
      const lasts = chance.between(100, 4_000);
      try {
        await site.member(member, this.anyFault("member"), () => Bun.sleep(lasts));
        await Bun.sleep(chance.between(0, 500));
        await this.reopenLost();
      } catch (error) {
        this.fail(`a member can't be opened again: ${error}`);
        return;
      }
    }
  }

  /** A member that was away for so long that its next message was trimmed says so, and is opened again. */
  private async reopenLost(): Promise<void> {
    for (const [i, member] of this.site.members.entries()) {
      if (!member.isGone) continue;
      this.reopened++;
      await this.site.begin(i);
    }
  }

  private anyFault(of: "server" | "member"): Fault {
    const fault = this.chance.oneOf(FAULTS);
    this.faults[`${fault} ${of}`] = (this.faults[`${fault} ${of}`] ?? 0) + 1;
    return fault;
  }

  private async goesOn(): Promise<void> {
    const start = performance.now();
    const wanted = this.acknowledged + PROGRESS;
    while (this.acknowledged < wanted) {
      if (performance.now() - start > PROGRESS_MS) {
        this.fail(`${PROGRESS} ops were not acknowledged within ${PROGRESS_MS / 1000} s after a server's fault`);
        return;
      }
      await Bun.sleep(20);
    }
    this.worstRecoveryMs = Math.max(this.worstRecoveryMs, performance.now() - start);
  }

  private get acknowledged(): number {
    return this.lanes.reduce((sum, { counts }) => sum + counts.acknowledged, 0);
  }

  /** Members that hold a partition must have the same there, and as many must hold it as are to. */
  private async compareDigests(): Promise<void> {
    await this.reopenLost();
    await this.isRestored();
    const digests = await Promise.all(this.site.members.map((member) => this.asked(() => member.call("digest"))));
    this.comparisons++;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const held = digests.map((digest) => digest[partition]!).filter((digest) => digest !== "");
      if (new Set(held).size > 1) this.fail(`members differ in partition ${partition}: ${held}`);
      if (held.length < this.replicas) this.fail(`partition ${partition} is held by ${held.length} members`);
    }
    for (const incident of this.site.incidents.splice(0)) {
      if (!/snapshot|CLUSTER_LOST|is missing|can't be taken over/.test(incident)) this.fail(incident);
    }
  }

  /** Each partition is served by as many members as are to hold it. */
  private async isRestored(): Promise<void> {
    const start = performance.now();
    for (;;) {
      const serves = await Promise.all(this.site.members.map((member) => this.asked(() => member.call("serves"))));
      const counts = Array.from({ length: PARTITIONS }, (_, p) => serves.filter((some) => some.includes(p)).length);
      if (counts.every((count) => count >= this.replicas)) break;
      if (performance.now() - start > PROGRESS_MS) return this.fail(`partitions are served by ${counts} members`);
      await Bun.sleep(50);
    }
    this.worstRestoredMs = Math.max(this.worstRestoredMs, performance.now() - start);
  }

  /** Servers that come back need a moment: asked until they say something. */
  private async asked<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (tries === 6) throw error;
        await Bun.sleep(500);
      }
    }
  }

  /** All members, key by key, with what clients know and what is in the log. */
  async compareAll(): Promise<void> {
    await this.compareDigests();
    const { audit } = this;
    const last = Math.max(...(await Promise.all(this.site.members.map((member) => member.call("applied")))));
    for (const end = performance.now() + PROGRESS_MS; audit.number < last && performance.now() < end; )
      await Bun.sleep(50);
    if (audit.number < last) this.fail(`the log could be read up to message ${audit.number} of ${last} only`);
    for (const failure of audit.failures) this.fail(failure);
    const known = this.lanes.flatMap(({ keys }) => keys);
    const spaces = [...new Set(known.map(({ space }) => space))];
    for (const [i, member] of this.site.members.entries()) {
      const all = await this.asked(() => member.call("everything", spaces));
      const found = new Map(all.map(([space, key, entry]) => [`${space} ${key}`, entry]));
      for (const { space, key, model } of known) {
        const entry = found.get(`${space} ${key}`) ?? null;
        if (!model.allows(entry)) this.fail(`member ${i} has ${JSON.stringify(entry)} for ${key}, not ${model}`);
        const logged = audit.entries.get(`${space} ${key}`) ?? null;
        if (audit.missed === 0 && !isSame(logged, entry))
          this.fail(`member ${i} has ${JSON.stringify(entry)} for ${key}, the log ${JSON.stringify(logged)}`);
      }
      const keys = new Set(known.map(({ space, key }) => `${space} ${key}`));
      for (const name of found.keys()) if (!keys.has(name)) this.fail(`member ${i} has ${name}, which no client wrote`);
    }
    if (audit.missed > 0) return;
    for (const { number, acknowledged, client } of this.lanes) {
      const seen = audit.seen.get(client) ?? new Set();
      const lost = acknowledged.filter((n) => !seen.has(n));
      if (lost.length > 0)
        this.fail(`of client ${number}, ${lost.length} acknowledged ops are not in the log: ${lost.slice(0, 5)}`);
    }
  }

  private get counts(): Counts {
    const sum: Counts = { acknowledged: 0, uncertain: 0, refused: 0, reads: 0, unread: 0 };
    for (const { counts } of this.lanes)
      for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
    return sum;
  }

  summary(): string {
    const { acknowledged, uncertain, refused, reads, unread } = this.counts;
    return `${acknowledged} ops acknowledged, ${uncertain} uncertain, ${refused} refused, ${reads} reads, ${unread} refused`;
  }

  report(): FaultReport {
    const { failures, faults, comparisons, reopened, worstRecoveryMs, worstRestoredMs, audit, site } = this;
    const { number: messages, missed } = audit;
    const isCutOff = site.canCut;
    const figures = { messages, missed, comparisons, reopened, worstRecoveryMs, worstRestoredMs };
    return { ...this.counts, failures, faults, ...figures, isCutOff };
  }
}
