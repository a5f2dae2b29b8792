/*
 * What does one client do all the time? It writes keys that no other writes, one op after the other, reads them back, here or at
 * another member, and knows what it may find there.
 */
import type { Chance } from "../../stress/chance.ts";
import { type Found, KeyModel, type Kind } from "./model.ts";
import { GONE, type MemberProcess, Refused, type Site } from "./site.ts";

const KEYS = 8;
const TENANTS = 3;
const TOGETHER = 5;
const REST_MS = 200;
/** After them the op may be in the log. Any other code of those says that nothing has changed. */
const UNCERTAIN = ["CLUSTER_UNCERTAIN", GONE];
const REFUSED = ["CLUSTER_UNREACHABLE", "CLUSTER_UNSERVED", "TIMEOUT", "CLUSTER_LOST", "CLUSTER_FULL"];

/** What all clients have in common. */
export interface Ward {
  site: Site;
  /** Waits while nothing is to be sent. */
  gate(): Promise<void>;
  fail(message: string): void;
  isOver: boolean;
}

export interface Counts {
  acknowledged: number;
  uncertain: number;
  refused: number;
  reads: number;
  unread: number;
}

interface KeyOf {
  space: string;
  key: string;
  model: KeyModel;
}

export class ClientLane {
  readonly counts: Counts = { acknowledged: 0, uncertain: 0, refused: 0, reads: 0, unread: 0 };
  /** Numbers of ops that were acknowledged as written into an entry. */
  readonly acknowledged: number[] = [];
  /** All keys of all lives of its member. */
  readonly keys: KeyOf[] = [];
  /** As its keys begin. */
  get client(): string {
    return `${this.member}-${this.number}`;
  }

  /** It has nothing on its way. */
  isIdle = false;
  private live: KeyOf[] = [];
  private n = 0;
  private life = -1;
  private position: string | null = null;

  constructor(
    private readonly ward: Ward,
    private readonly member: number,
    readonly number: number,
    private readonly chance: Chance,
  ) {}

  async run(): Promise<void> {
    while (!this.ward.isOver) {
      this.isIdle = true;
      await this.ward.gate();
      this.isIdle = false;
      const process = this.ward.site.members[this.member]!;
      if (process.life !== this.life) this.begin(process.life);
      const { chance } = this;
      const dice = chance.between(0, 99);
      if (dice < 45) await this.write(process, "add", [this.anyKey()]);
      else if (dice < 52) await this.addMany(process);
      else if (dice < 62) await this.write(process, "update", [this.anyKey()]);
      else if (dice < 70) await this.write(process, "delete", [this.anyKey()]);
      else if (dice < 90) await this.read(process);
      else await this.search(process);
    }
    this.isIdle = true;
  }

  /** What a member that is gone has sent may still arrive behind what others write: its keys are written no more. */
  private begin(life: number): void {
    this.life = life;
    const name = `${this.member}-${this.number}-${life}`;
    this.live = Array.from({ length: KEYS }, (_, i) => ({
      ...{ space: `tenant-${this.member}-${i % TENANTS}`, key: `${name}-${i}`, model: new KeyModel() },
    }));
    this.keys.push(...this.live);
  }

  private anyKey(): KeyOf {
    return this.chance.oneOf(this.live);
  }

  private async addMany(process: MemberProcess): Promise<void> {
    const { space } = this.anyKey();
    const some = this.live.filter((one) => one.space === space).slice(0, TOGETHER);
    await this.write(process, "add", some);
  }

  private async write(process: MemberProcess, kind: Kind, keys: KeyOf[]): Promise<void> {
    const numbers = keys.map(() => ++this.n);
    const [{ space, key }, n] = [keys[0]!, numbers[0]!];
    try {
      const names = keys.map((one) => one.key);
      const vectors = numbers.map((x) => [this.number, x]);
      const count =
        kind === "add"
          ? await process.call("add", space, names, vectors, numbers)
          : kind === "update"
            ? await process.call("update", space, key, n)
            : await process.call("delete", space, key);
      this.position = process.position;
      this.counts.acknowledged += keys.length;
      for (const [i, one] of keys.entries()) {
        const before = String(one.model);
        const isTrue = one.model.done(kind, numbers[i]!, count);
        if (!isTrue) this.ward.fail(`${kind} of ${one.key} has changed ${count}, where there was ${before}`);
        if (kind === "add" || (kind === "update" && count === 1)) this.acknowledged.push(numbers[i]!);
      }
    } catch (error) {
      await this.refused(error, kind, keys, numbers);
    }
  }

  private async refused(error: unknown, kind: Kind, keys: KeyOf[], numbers: number[]): Promise<void> {
    if (!(error instanceof Refused)) throw error;
    const { code } = error;
    const isKnown = UNCERTAIN.includes(code) || REFUSED.includes(code);
    if (!isKnown) this.ward.fail(`${kind} of ${keys[0]!.key} was refused: ${code}`);
    // An `addMany` that is refused may have been in part.
    const mayBe = UNCERTAIN.includes(code) || keys.length > 1;
    this.counts[mayBe ? "uncertain" : "refused"] += keys.length;
    if (mayBe) for (const [i, one] of keys.entries()) one.model.perhaps(kind, numbers[i]!);
    await this.rest(code);
  }

  /** At this member, or by what it has written at another one, or with what is the latest anywhere. */
  private async read(own: MemberProcess): Promise<void> {
    const { chance, ward, position } = this;
    const isElsewhere = chance.is(0.3) && position !== null;
    const reader = isElsewhere ? chance.oneOf(ward.site.members) : own;
    const freshness = chance.is(0.1) ? "latest" : isElsewhere ? (position as `${string}:${number}`) : "own";
    const { space } = chance.oneOf(this.keys);
    const keys = this.keys.filter((one) => one.space === space).slice(-10);
    if (keys.length === 0) return;
    const names = keys.map(({ key }) => key);
    // What an earlier life of the member has written is known by position only.
    const atLeast =
      freshness === "own" && position !== null && keys[0]!.key !== this.live[0]!.key ? position : freshness;
    await this.looked(async () => {
      const found = await reader.call("read", space, names, atLeast as "own");
      for (const [i, { key, model }] of keys.entries()) this.compare(key, model, found[i]!, atLeast);
    });
  }

  private async search(process: MemberProcess): Promise<void> {
    const { space, key, model } = this.anyKey();
    const { certain } = model;
    if (certain === null || certain === undefined) return;
    await this.looked(async () => {
      const hit = await process.call("search", space, [this.number, certain.x], "own");
      if (hit?.key !== key) this.ward.fail(`a search for ${key} has found ${JSON.stringify(hit)}`);
      else this.compare(key, model, hit.found, "own");
    });
  }

  private compare(key: string, model: KeyModel, found: Found, freshness: string): void {
    if (model.allows(found)) return;
    this.ward.fail(`${key} is ${JSON.stringify(found)} where ${model} was written (${freshness})`);
  }

  private async looked(look: () => Promise<void>): Promise<void> {
    try {
      await look();
      this.counts.reads++;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code !== GONE && !REFUSED.includes(error.code)) this.ward.fail(`a read was refused: ${error.code}`);
      this.counts.unread++;
      await this.rest(error.code);
    }
  }

  private async rest(code: string): Promise<void> {
    const own = this.ward.site.members[this.member]!;
    if (code === "CLUSTER_LOST") await own.kill();
    await Bun.sleep(REST_MS);
  }
}
