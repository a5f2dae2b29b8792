/*
 * What does one thread of a stress run do? Random ops on spaces of its own, each checked against a Map and brute force
 * as soon as it settles; ops on a space that all threads share, under keys of its own; and searches of spaces that others
 * are changing, for what must hold at every moment.
 *
 * An op that is refused as INTERNAL trapped at a fault point: it must be in as a whole or not at all, as its message says.
 */
import type { Seat } from "../../src/core/seat.ts";
import { type Hit, HnswError, type Key, type Metric, type Space, type VectorIndex } from "../../src/index.ts";
import { isNear } from "../support/indexes.ts";
import { outOfStack } from "../support/out-of-stack.ts";
import { trueDistance } from "../support/vectors.ts";
import { Chance } from "./chance.ts";
import { DocumentActor, documentSpaces } from "./documents.ts";
import { Trigger } from "./faults.ts";

export const SHARED = "shared";
/** Main upserts these keys of this space and never deletes one: every search of all must find all. */
export const CHURN = "churn";
export const CHURN_KEYS = 60;
const ROUNDING = 2e-5;
const OVERFLOW_KEYS = 40; // added while a recursion that used up the stack comes back from it
const FRAMES_A_KEY = 10; // of it: the last adds find stack enough
const FLAT_KEYS = 14; // stays flat: below the 16 of a run's `flatBelow`

export interface Role {
  name: string;
  seed: number;
  metric: Metric;
  dimensions: number;
  ops: number;
  /** Probability per op of arming a fault point on this thread, and which ones; none in release builds. */
  faults: number;
  points: number[];
  /** Whether this thread upserts CHURN; others look at it. */
  churns: boolean;
  /** The main thread's spaces, which others look at. */
  others: string[];
}

export interface Outcome {
  ops: number;
  wanted: number;
  found: number;
  hits: [number, number][];
}

type Model = Map<Key, Float32Array>;

export class Actor {
  readonly models = new Map<string, Model>();
  readonly trigger: Trigger;
  /** True neighbours that graph searches should and did find. */
  wanted = 0;
  found = 0;
  private readonly index: VectorIndex;
  private readonly role: Role;
  private readonly chance: Chance;
  private readonly duplicates: Float32Array[];
  private readonly reused: Float32Array;
  private readonly beforeOp: () => void;
  private readonly documents: DocumentActor;
  /** Whether its vectors lie close together now, far from the others: codes go blind. */
  private isFar = false;
  private op = 0;
  private doing = "start";
  private trapsSeen = 0;

  /** `seats`: the thread's, in which it arms faults. */
  constructor({ index, seats }: { index: VectorIndex; seats: Seat[] }, role: Role, beforeOp: () => void = () => {}) {
    this.index = index;
    this.role = role;
    this.beforeOp = beforeOp;
    this.chance = new Chance(role.seed, role.name);
    this.trigger = new Trigger(seats);
    this.reused = new Float32Array(role.dimensions);
    this.duplicates = Array.from({ length: 3 }, () => this.fresh());
    for (const name of ownSpaces(role.name)) this.models.set(name, new Map());
    this.models.set(SHARED, new Map());
    if (role.churns) this.models.set(CHURN, new Map());
    const caller = {
      ...{ index, chance: this.chance, metric: role.metric },
      trapped: <T>(doing: string, call: () => Promise<T>) => this.trapped(doing, call),
      again: <T>(doing: string, call: () => Promise<T>) => this.again(doing, call),
      fail: (what: string) => this.fail(what),
      vector: () => this.vector(),
    };
    this.documents = new DocumentActor(caller, role.name, documentSpaces("main"));
  }

  /** Fills CHURN, before anybody looks at it. */
  async prepare(): Promise<void> {
    for (let i = 0; i < CHURN_KEYS; i++) await this.upsert(CHURN, keyOf(CHURN, "", i));
  }

  /** Plays all ops. */
  async run(): Promise<void> {
    for (this.op = 0; this.op < this.role.ops; this.op++) {
      this.beforeOp();
      this.noteInlineTraps();
      const { chance, role } = this;
      if (chance.is(role.faults)) {
        const partition = chance.between(0, this.index.options.partitions - 1);
        this.trigger.arm(partition, chance.oneOf(role.points), chance.between(1, 5));
      }
      await this.step();
      await this.pause();
    }
    this.trigger.disarm();
  }

  private async pause(): Promise<void> {
    if (this.chance.is(0.05)) await new Promise((resolve) => setTimeout(resolve, 0));
    if (!this.chance.is(0.05)) return;
    const end = performance.now() + this.chance.between(0, 2);
    while (performance.now() < end);
  }

  /** Without workers the opening thread links, and repairs traps without an incident. */
  private noteInlineTraps(): void {
    if (this.index.options.workers !== 0 || !this.role.churns) return;
    const traps = this.index.stats().workers[0]!.traps;
    for (; this.trapsSeen < traps; this.trapsSeen++) this.trigger.fired();
  }

  outcome(): Outcome {
    this.noteInlineTraps();
    return { ops: this.op, wanted: this.wanted, found: this.found, hits: [...this.trigger.hits] };
  }

  private fail(what: string): never {
    throw new Error(`${this.role.name}, op ${this.op} (${this.doing}): ${what}; seed ${this.role.seed}`);
  }

  // ── one op ────────────────────────────────────────────────────────────────────────────────────────────────────────
  private async step(): Promise<void> {
    const { chance } = this;
    const own = ownSpaces(this.role.name);
    const name = chance.is(0.2) ? SHARED : chance.oneOf(own);
    if (chance.is(0.03)) this.isFar = !this.isFar;
    if (chance.is(0.01)) await this.addOutOfStack(name);
    if (chance.is(0.3)) return await this.documents.step();
    const dice = chance.between(0, 99);
    if (dice < 30) await this.upsert(name, this.someKey(name));
    else if (dice < 38) await this.addSeveral(name);
    else if (dice < 48) await this.addMany(name);
    else if (dice < 58) await this.remove(name);
    else if (dice < 61) await this.removeMany(name);
    else if (dice < 64) await this.drop(chance.oneOf(own));
    else if (dice < 82) await this.look(name);
    else if (dice < 88) await this.lookUp(name);
    else if (dice < 90) await this.list(name);
    else if (dice < 91) await this.flush();
    else if (this.role.churns) await this.upsert(CHURN, keyOf(CHURN, "", chance.between(0, CHURN_KEYS - 1)));
    else await this.peek();
  }

  /** A call that may trap where a fault is armed: its result, or the refusal that says what became of it. */
  private async trapped<T>(doing: string, call: () => Promise<T>): Promise<{ result?: T; refusal?: HnswError }> {
    this.doing = doing;
    try {
      return { result: await call() };
    } catch (error) {
      if (!(error instanceof HnswError) || error.code !== "INTERNAL") this.fail(`refused: ${describe(error)}`);
      if (!this.trigger.fired()) this.fail(`trapped by itself: ${describe(error)}`);
      return { refusal: error };
    }
  }

  /** A call that changes nothing, until it does not trap. */
  private async again<T>(doing: string, call: () => Promise<T>): Promise<T> {
    const { result, refusal } = await this.trapped(doing, call);
    return refusal ? await this.again(doing, call) : (result as T);
  }

  private space(name: string): Space {
    return this.index.space(name);
  }

  private model(name: string): Model {
    return this.models.get(name)!;
  }

  private fresh(): Float32Array {
    const gaussian = () => this.chance.gaussian();
    return Float32Array.from({ length: this.role.dimensions }, () =>
      this.isFar ? 10 + gaussian() / 1000 : gaussian(),
    );
  }

  private vector(): Float32Array {
    return this.chance.is(0.3) ? this.chance.oneOf(this.duplicates) : this.fresh();
  }

  /** Keys name their space, so that a hit from another one is noticed. */
  private someKey(name: string): Key {
    const most = name.includes("flat") ? FLAT_KEYS : name === SHARED ? 80 : 300;
    return keyOf(name, name === SHARED ? this.role.name : "", this.chance.between(0, most - 1));
  }

  private async upsert(name: string, key: Key): Promise<void> {
    const vector = this.vector();
    const { refusal } = await this.trapped(`add ${String(key)}`, () => this.addReused(name, key, vector));
    await this.settle(name, key, vector, refusal);
  }

  /** Adds from an array that holds something else as soon as the call has returned. */
  private addReused(name: string, key: Key, vector: Float32Array): Promise<void> {
    this.reused.set(vector);
    const adding = this.space(name).add(key, this.reused);
    this.reused.fill(Number.NaN);
    return adding;
  }

  /** Adds in the deepest frames of a recursion that has used up the stack: an op is in exactly if its promise resolves. */
  private async addOutOfStack(name: string): Promise<void> {
    this.trigger.disarm();
    const keys = [...new Set(Array.from({ length: OVERFLOW_KEYS }, () => this.someKey(name)))];
    const vectors = keys.map(() => this.fresh());
    const ends = keys.map((): Promise<void> | null => null); // null: it threw
    outOfStack(this.chance.between(0, 30), keys.length * FRAMES_A_KEY, (frame) => {
      const i = frame / FRAMES_A_KEY;
      if (Number.isInteger(i)) ends[i] = this.space(name).add(keys[i]!, vectors[i]!);
    });
    const settled = await Promise.allSettled(ends.map((end) => end ?? Promise.reject(new RangeError("It threw."))));
    for (const [i, end] of settled.entries()) {
      this.doing = `add ${String(keys[i])} without stack`;
      if (end.status === "fulfilled") this.model(name).set(keys[i]!, vectors[i]!);
      else if (!(end.reason instanceof RangeError)) this.fail(`refused: ${describe(end.reason)}`);
    }
    for (const key of keys) await this.expectVector(name, key);
  }

  /** After an op on one key: the model follows what happened, and after a trap the index is asked whether it agrees. */
  private async settle(name: string, key: Key, vector: Float32Array | undefined, refusal?: HnswError): Promise<void> {
    const model = this.model(name);
    if (refusal === undefined || isCompleted(refusal)) {
      if (vector) model.set(key, vector);
      else model.delete(key);
    }
    if (refusal) await this.expectVector(name, key);
  }

  private async expectVector(name: string, key: Key): Promise<void> {
    const doing = this.doing;
    const got = await this.again(`${doing}, get ${String(key)}`, () => this.space(name).get(key));
    const wanted = this.model(name).get(key);
    if (got?.join() !== wanted?.join()) {
      this.fail(
        `${name} holds ${got ? `[${got}]` : "nothing"} under ${String(key)}, not ${wanted ? `[${wanted}]` : "nothing"}`,
      );
    }
  }

  /** Several adds at once, of different keys: they are accepted in the order of the calls. */
  private async addSeveral(name: string): Promise<void> {
    const keys = [...new Set(Array.from({ length: this.chance.between(2, 12) }, () => this.someKey(name)))];
    const vectors = keys.map(() => this.vector());
    const settled = await Promise.all(
      keys.map((key, i) =>
        this.addReused(name, key, vectors[i]!).then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    for (const [i, error] of settled.entries()) {
      const { refusal } = await this.trapped(`add ${String(keys[i])} of several`, async () => {
        if (error !== undefined) throw error;
      });
      await this.settle(name, keys[i]!, vectors[i]!, refusal);
    }
    for (const key of keys) await this.expectVector(name, key);
  }

  private async addMany(name: string): Promise<void> {
    const most = name.includes("flat") ? 6 : 90;
    const keys = [...new Set(Array.from({ length: this.chance.between(1, most) }, () => this.someKey(name)))];
    const vectors = keys.map(() => this.vector());
    const flat = new Float32Array(keys.length * this.role.dimensions);
    for (const [i, vector] of vectors.entries()) flat.set(vector, i * this.role.dimensions);
    const given = this.chance.is(0.5) ? flat : vectors;
    const { refusal } = await this.trapped(`addMany of ${keys.length}`, () => this.space(name).addMany(keys, given));
    if (refusal) return await this.settlePrefix(name, keys, vectors);
    for (const [i, key] of keys.entries()) this.model(name).set(key, vectors[i]!);
  }

  /** After a trap in addMany: a first part of them is in, the rest is not. */
  private async settlePrefix(name: string, keys: Key[], vectors: Float32Array[]): Promise<void> {
    const model = this.model(name);
    let ended = false;
    for (const [i, key] of keys.entries()) {
      const got = await this.again("get after addMany", () => this.space(name).get(key));
      const isNew = got?.join() === vectors[i]!.join();
      const isOld = got?.join() === model.get(key)?.join();
      if (!isNew && !isOld) this.fail(`${String(key)} holds neither its old nor its new vector`);
      if (isNew && !isOld && ended) this.fail(`${String(key)} was accepted after one that was not`);
      if (!isNew) ended = true;
      if (isNew) model.set(key, vectors[i]!);
    }
  }

  private async remove(name: string): Promise<void> {
    const key = this.someKey(name);
    const was = this.model(name).has(key);
    const { result, refusal } = await this.trapped(`delete ${String(key)}`, () => this.space(name).delete(key));
    if (!refusal && result !== was) this.fail(`delete returned ${result}`);
    await this.settle(name, key, undefined, refusal);
  }

  private async removeMany(name: string): Promise<void> {
    const keys = [...new Set(Array.from({ length: this.chance.between(1, 40) }, () => this.someKey(name)))];
    const model = this.model(name);
    const were = keys.filter((key) => model.has(key)).length;
    const { result, refusal } = await this.trapped("deleteMany", () => this.space(name).deleteMany(keys));
    if (!refusal && result !== were) this.fail(`deleteMany returned ${result}, not ${were}`);
    for (const key of keys) {
      const isThere = refusal ? await this.again("has after deleteMany", () => this.space(name).has(key)) : false;
      if (isThere) await this.expectVector(name, key);
      else model.delete(key);
    }
  }

  private async drop(name: string): Promise<void> {
    const { result, refusal } = await this.trapped(`drop ${name}`, () => this.index.dropSpace(name));
    if (!refusal && !result && this.model(name).size > 0) this.fail("there was nothing to drop");
    if (refusal && !isCompleted(refusal)) {
      for (const key of [...this.model(name).keys()].slice(0, 3)) await this.expectVector(name, key);
      return;
    }
    this.model(name).clear();
    const size = await this.size(name);
    if (size !== 0) this.fail(`${size} vectors are left of ${name}`);
  }

  /** A worker that was ended between its trap and the repair leaves its locks until the main thread's next turn. */
  private async size(name: string): Promise<number> {
    for (;;) {
      try {
        return this.space(name).size;
      } catch (error) {
        if (!(error instanceof HnswError) || error.code !== "TIMEOUT") throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  private async lookUp(name: string): Promise<void> {
    const keys = Array.from({ length: 4 }, () => this.someKey(name));
    this.doing = `get ${keys.map(String)}`;
    this.trigger.disarm();
    const found = await Promise.all(keys.map((key) => this.space(name).get(key)));
    for (const [i, key] of keys.entries()) {
      if (found[i]?.join() !== this.model(name).get(key)?.join())
        this.fail(`get of ${String(key)} returned ${found[i]}`);
      if ((await this.space(name).has(key)) !== this.model(name).has(key)) this.fail(`has of ${String(key)} is wrong`);
    }
  }

  private async list(name: string): Promise<void> {
    const keys = (await this.again(`keys of ${name}`, () => this.space(name).keys())).filter(
      (key) => name !== SHARED || isOf(key, SHARED, this.role.name),
    );
    const model = this.model(name);
    if (new Set(keys).size !== keys.length) this.fail(`${name} lists a key twice`);
    for (const key of keys) if (!model.has(key)) this.fail(`${name} lists ${String(key)}, which is not there`);
    if (keys.length !== model.size) this.fail(`${name} lists ${keys.length} keys of ${model.size}`);
    if (name === SHARED) return;
    const size = await this.size(name);
    if (size !== model.size) this.fail(`${name} has size ${size}, not ${model.size}`);
  }

  private async flush(): Promise<void> {
    await this.again("flush", () => this.index.flush());
  }

  // ── searches ──────────────────────────────────────────────────────────────────────────────────────────────────────
  private async look(name: string): Promise<void> {
    const { chance } = this;
    const model = this.model(name);
    const everything = name === SHARED || chance.is(0.2);
    const k = everything ? 2000 : chance.between(1, 20);
    const ef = chance.oneOf([1, 16, 64, 200]);
    const queries = Array.from({ length: chance.is(0.2) ? 3 : 1 }, () => this.vector());
    const dead = chance.is(0.15) ? this.someKey(name) : undefined;
    const doing = `search ${name}, k ${k}, ef ${ef}`;
    if (name !== SHARED && dead !== undefined) {
      const passes = (key: Key) => key !== dead;
      const kept = new Map([...model].filter(([key]) => passes(key)));
      const hits = await this.again(`${doing}, filtered`, () =>
        this.space(name).search(queries[0]!, { k, ef, filter: passes }),
      );
      return this.expectHits(name, kept, queries[0]!, hits, k, 64);
    }
    const results =
      queries.length === 1
        ? [await this.again(doing, () => this.space(name).search(queries[0]!, { k, ef }))]
        : await this.again(`${doing}, many`, () => this.space(name).searchMany(queries, { k, ef }));
    for (const [i, hits] of results.entries()) this.expectHits(name, model, queries[i]!, hits, k, ef);
  }

  private expectHits(name: string, model: Model, query: Float32Array, all: Hit[], k: number, ef: number): void {
    this.expectOrder(name, all);
    const hits = name === SHARED ? all.filter(({ key }) => isOf(key, SHARED, this.role.name)) : all;
    for (const { key, distance } of hits) {
      const vector = model.get(key);
      if (!vector) this.fail(`hit ${String(key)} is not there`);
      const wanted = trueDistance(this.role.metric, vector, query);
      if (!isNear(distance, wanted, ROUNDING)) this.fail(`hit ${String(key)} is at ${wanted}, not ${distance}`);
    }
    const most = Math.min(k, model.size);
    if (hits.length !== most) {
      const lost = [...model.keys()].filter((key) => hits.every((hit) => hit.key !== key));
      this.fail(`${hits.length} hits instead of ${most}${k >= model.size ? `: ${lost.map(String)}` : ""}`);
    }
    if (most === 0) return;
    const distances = [...model.values()].map((vector) => trueDistance(this.role.metric, vector, query));
    const worst = distances.sort((a, b) => a - b)[most - 1]!;
    const good = hits.filter(({ distance }) => distance <= worst || isNear(distance, worst, ROUNDING)).length;
    if (name.includes("flat") && good < most) this.fail(`a flat space found ${good} of ${most}`);
    if (name.includes("flat") || k >= model.size || ef < 16) return;
    this.wanted += most;
    this.found += good;
  }

  private expectOrder(name: string, hits: Hit[]): void {
    const seen = new Set<Key>();
    for (const [i, { key, distance }] of hits.entries()) {
      if (!isOf(key, name, "")) this.fail(`a search of ${name} found ${String(key)} of another space`);
      if (seen.has(key)) this.fail(`a search of ${name} found ${String(key)} twice`);
      seen.add(key);
      if (i > 0 && distance < hits[i - 1]!.distance) this.fail(`hits of ${name} are not in order`);
    }
  }

  /** Looks at what another thread changes at this moment. */
  private async peek(): Promise<void> {
    const churn = this.chance.is(0.5);
    const name = churn ? CHURN : this.chance.oneOf(this.role.others);
    const k = churn ? CHURN_KEYS + 10 : 50;
    const hits = await this.again(`peek at ${name}`, () => this.space(name).search(this.vector(), { k }));
    this.expectOrder(name, hits);
    if (churn && hits.length !== CHURN_KEYS) this.fail(`${CHURN_KEYS - hits.length} keys of ${CHURN} were lost`);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Compares everything with the model, when all threads have come to rest. */
  async verify(): Promise<void> {
    this.trigger.disarm();
    for (const [name, model] of this.models) {
      this.doing = `verify ${name}`;
      await this.list(name);
      for (const key of model.keys()) await this.expectVector(name, key);
      const query = this.vector();
      const hits = await this.space(name).search(query, { k: 3000 });
      this.expectHits(name, model, query, hits, 3000, 64);
    }
    this.doing = "verify documents";
    await this.documents.verify();
  }

  /** Drops this actor's own spaces. */
  async dropAll(): Promise<void> {
    for (const name of ownSpaces(this.role.name)) await this.index.dropSpace(name);
    await this.documents.dropAll();
  }
}

/** Spaces that only this actor changes: one that stays flat, and two that become graphs. */
export function ownSpaces(actor: string): string[] {
  return ["flat", "graph", "small graph"].map((kind) => `${actor} ${kind}`);
}

function keyOf(space: string, actor: string, number: number): Key {
  return `${space}:${actor}:${number}`;
}

function isOf(key: Key, space: string, actor: string): boolean {
  return String(key).startsWith(`${space}:${actor}`);
}

function isCompleted(refusal: HnswError): boolean {
  return refusal.message.includes("was completed");
}

function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}${error.cause ? ` (${error.cause})` : ""}`
    : String(error);
}
