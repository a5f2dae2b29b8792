/*
 * What does one thread of a stress run do with documents? Random ops on two spaces of its own, each checked against a Map and
 * a naive reading of filters; and looks at those of another thread, for what must hold at every moment: a hit's document is
 * one that matches, beside the vector that it was stored with.
 *
 * Expiry goes by a clock of the run's own, which the calls are given: the real one does not reach it.
 */
import type { HnswError, Metric, Space, VectorIndex } from "../../src/index.ts";
import { type Document, FIELD_NAMES, meant, randomDocument, randomWhere } from "../support/documents.ts";
import { isNear } from "../support/indexes.ts";
import { trueDistance } from "../support/vectors.ts";
import type { Chance } from "./chance.ts";

const FIRST = 4e12; // the clock's first moment
const ROUNDING = 2e-5;
const SOME_KEYS = 100;
const FEW_KEYS = 14; // stays flat
/** A field that is added while the run goes on. */
export const LATE = "late";

/** How the thread's actor makes a call that may trap, and fails. */
export interface Caller {
  index: VectorIndex;
  chance: Chance;
  metric: Metric;
  /** A call that may trap where a fault is armed. */
  trapped<T>(doing: string, call: () => Promise<T>): Promise<{ result?: T; refusal?: HnswError }>;
  /** A call that changes nothing, until it does not trap. */
  again<T>(doing: string, call: () => Promise<T>): Promise<T>;
  fail(what: string): never;
  vector(): Float32Array;
}

interface Kept {
  vector: Float32Array | null;
  metadata: Document | undefined;
  expiresAt: number | undefined;
}
type Where = Record<string, unknown>;
type Model = Map<string, Kept>;

export class DocumentActor {
  private readonly models: Map<string, Model>;
  private readonly below: (bound: number) => number;
  private now = FIRST;
  private added = 0;

  /** `others`: spaces of the same kind that another thread changes. */
  constructor(
    private readonly caller: Caller,
    name: string,
    private readonly others: string[],
  ) {
    this.models = new Map(documentSpaces(name).map((space) => [space, new Map()]));
    this.below = (bound) => caller.chance.between(0, bound - 1);
  }

  async step(): Promise<void> {
    const { chance } = this.caller;
    const name = chance.oneOf([...this.models.keys()]);
    if (chance.is(0.1)) this.now += chance.between(0, 5);
    const dice = chance.between(0, 99);
    if (dice < 22) await this.add(name);
    else if (dice < 32) await this.addMany(name);
    else if (dice < 47) await this.update(name);
    else if (dice < 54) await this.updateWhere(name);
    else if (dice < 58) await this.deleteWhere(name);
    else if (dice < 62) await this.remove(name);
    else if (dice < 76) await this.search(name);
    else if (dice < 86) await this.list(name);
    else if (dice < 92) await this.lookUp(name);
    else await this.peek();
  }

  /** Compares everything with the model, when all threads have come to rest. */
  async verify(): Promise<void> {
    for (const [name, model] of this.models) {
      for (const key of model.keys()) await this.expectEntry(name, key);
      const keys = await this.caller.again(`keys of ${name}`, () => this.space(name).keys());
      if (keys.length !== model.size) this.caller.fail(`${name} lists ${keys.length} keys of ${model.size}`);
      for (let i = 0; i < 5; i++) await this.list(name);
    }
  }

  async dropAll(): Promise<void> {
    for (const name of this.models.keys()) await this.caller.index.dropSpace(name);
  }

  private space(name: string): Space<string> {
    return this.caller.index.space<string>(name);
  }

  private model(name: string): Model {
    return this.models.get(name)!;
  }

  private key(name: string): string {
    return `${name}:${this.below(name.includes("few") ? FEW_KEYS : SOME_KEYS)}`;
  }

  private kept(): Kept {
    const { chance } = this.caller;
    const vector = chance.is(0.1) ? null : this.caller.vector();
    const metadata = vector !== null && chance.is(0.15) ? undefined : this.document(vector);
    return { vector, metadata, expiresAt: chance.is(0.2) ? this.now + chance.between(-2, 20) : undefined };
  }

  /** With what tells its vector and its version. */
  private document(vector: Float32Array | null): Document {
    const document = randomDocument(this.below);
    return plain({ ...document, print: printOf(vector), version: ++this.added, [LATE]: this.below(10) });
  }

  // ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────
  private async add(name: string): Promise<void> {
    const key = this.key(name);
    const kept = this.kept();
    const { vector, metadata, expiresAt } = kept;
    const { refusal } = await this.caller.trapped(`add ${key} with a document`, () =>
      this.space(name).add(key, vector as Float32Array, metadata, { expiresAt }),
    );
    await this.settle(name, key, kept, refusal);
  }

  private async addMany(name: string): Promise<void> {
    const keys = [
      ...new Set(Array.from({ length: this.below(name.includes("few") ? 5 : 40) + 1 }, () => this.key(name))),
    ];
    const { expiresAt } = this.kept();
    const all = keys.map((): Kept => {
      const vector = this.caller.vector();
      return { vector, metadata: this.below(6) === 0 ? undefined : this.document(vector), expiresAt };
    });
    const vectors = all.map(({ vector }) => vector!);
    const documents = all.map(({ metadata }) => metadata);
    const { refusal } = await this.caller.trapped(`addMany of ${keys.length} with documents`, () =>
      this.space(name).addMany(keys, vectors, documents, { expiresAt }),
    );
    await this.settleSome(name, keys, (key) => all[keys.indexOf(key)]!, refusal);
  }

  private async update(name: string): Promise<void> {
    const key = this.key(name);
    const patch = this.patch();
    const expiresAt = [undefined, undefined, null, this.now + this.below(20)][this.below(4)];
    const old = this.living(name).get(key);
    const { result, refusal } = await this.caller.trapped(`update ${key}`, () =>
      this.space(name).update(key, patch as never, { expiresAt, now: this.now }),
    );
    if (refusal === undefined && result !== (old !== undefined))
      this.caller.fail(`update of ${key} returned ${result}`);
    if (old !== undefined) await this.settle(name, key, patched(old, patch, expiresAt), refusal);
    else if (refusal !== undefined) await this.expectEntry(name, key);
  }

  /** Some of a random document's properties, and of those that it lacks. */
  private patch(): Where {
    const from = randomDocument(this.below) as Where;
    const names = [...FIELD_NAMES, "user", LATE].filter((name) => !name.includes(".") && this.below(3) === 0);
    return { version: ++this.added, ...Object.fromEntries(names.map((name) => [name, from[name]])) };
  }

  private async updateWhere(name: string): Promise<void> {
    const where = this.where();
    const patch = this.patch();
    const matching = this.matching(name, where);
    const { result, refusal } = await this.caller.trapped(`updateWhere ${JSON.stringify(where)}`, () =>
      this.space(name).updateWhere(where as never, patch as never, { now: this.now }),
    );
    if (refusal === undefined && result !== matching.length) {
      this.caller.fail(`updateWhere returned ${result}, not ${matching.length}`);
    }
    const model = this.model(name);
    await this.settleSome(name, matching, (key) => patched(model.get(key)!, patch), refusal);
  }

  private async deleteWhere(name: string): Promise<void> {
    const where = { $and: [this.where(), this.where()] };
    const matching = this.matching(name, where);
    const { result, refusal } = await this.caller.trapped(`deleteWhere ${JSON.stringify(where)}`, () =>
      this.space(name).deleteWhere(where as never, { now: this.now }),
    );
    if (refusal === undefined && result !== matching.length) {
      this.caller.fail(`deleteWhere returned ${result}, not ${matching.length}`);
    }
    await this.settleSome(name, matching, () => undefined, refusal);
  }

  private async remove(name: string): Promise<void> {
    const key = this.key(name);
    const was = this.model(name).has(key);
    const { result, refusal } = await this.caller.trapped(`delete ${key}`, () => this.space(name).delete(key));
    if (refusal === undefined && result !== was) this.caller.fail(`delete of ${key} returned ${result}`);
    await this.settle(name, key, undefined, refusal);
  }

  /** After an op on one key: the model follows what happened, and after a trap the index is asked whether it agrees. */
  private async settle(name: string, key: string, kept: Kept | undefined, refusal?: HnswError): Promise<void> {
    if (refusal === undefined || refusal.message.includes("was completed")) this.follow(name, key, kept);
    if (refusal !== undefined) await this.expectEntry(name, key);
  }

  private follow(name: string, key: string, kept: Kept | undefined): void {
    if (kept === undefined) this.model(name).delete(key);
    else this.model(name).set(key, kept);
  }

  /** After an op on many: after a trap, each is as it was before or as it should be. */
  private async settleSome(
    name: string,
    keys: string[],
    wanted: (key: string) => Kept | undefined,
    refusal?: HnswError,
  ): Promise<void> {
    for (const key of keys) {
      const is = wanted(key);
      if (refusal === undefined) {
        this.follow(name, key, is);
        continue;
      }
      const found = await this.read(name, key);
      const isNew = isSame(found, is);
      if (!isNew && !isSame(found, this.model(name).get(key))) this.caller.fail(`${key} is neither old nor new`);
      if (isNew) this.follow(name, key, is);
    }
  }

  // ── looks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  private async read(name: string, key: string): Promise<Kept | undefined> {
    const include = ["metadata", "vector", "expiresAt"] as const;
    const entry = await this.caller.again(`get ${key}`, () =>
      this.space(name).get(key, { include: [...include], now: 0 }),
    );
    if (entry === undefined) return undefined;
    return { vector: entry.vector ?? null, metadata: entry.metadata as Document, expiresAt: entry.expiresAt };
  }

  private async expectEntry(name: string, key: string): Promise<void> {
    const [found, wanted] = [await this.read(name, key), this.model(name).get(key)];
    if (!isSame(found, wanted)) this.caller.fail(`${key} is ${Bun.inspect(found)}, not ${Bun.inspect(wanted)}`);
  }

  /** What has not expired. */
  private living(name: string): Model {
    const isThere = ({ expiresAt }: Kept) => expiresAt === undefined || expiresAt > this.now;
    return new Map([...this.model(name)].filter(([, kept]) => isThere(kept)));
  }

  private where(): Where {
    const where = randomWhere(this.below) as Where;
    if (this.caller.index.fields[LATE] === undefined || this.below(3) > 0) return where;
    return { $and: [where, { [LATE]: { $gte: this.below(10) } }] };
  }

  private matching(name: string, where: Where): string[] {
    return [...this.living(name)].filter(([, { metadata }]) => isMeant(where, metadata ?? {})).map(([key]) => key);
  }

  private async lookUp(name: string): Promise<void> {
    const keys = Array.from({ length: 4 }, () => this.key(name));
    const living = this.living(name);
    const entries = await this.caller.again("getMany", () =>
      this.space(name).getMany(keys, { include: ["metadata"], now: this.now }),
    );
    for (const [i, entry] of entries.entries()) {
      const wanted = living.get(keys[i]!);
      if ((entry === undefined) !== (wanted === undefined)) this.caller.fail(`getMany is wrong about ${keys[i]}`);
      if (!Bun.deepEquals(entry?.metadata, wanted?.metadata))
        this.caller.fail(`getMany: ${keys[i]} has another document`);
    }
  }

  /** `count`, `entries`, `page` and `facets` agree with the model. */
  private async list(name: string): Promise<void> {
    const { caller, now } = this;
    const where = this.where();
    const wanted = this.matching(name, where).sort();
    const context = `${name} where ${JSON.stringify(where)} at ${now}`;
    const space = this.space(name);
    const count = await caller.again(`count ${context}`, () => space.count({ where: where as never, now }));
    const found = await caller.again(`entries ${context}`, async () => {
      const keys: string[] = [];
      const options = { where: where as never, now, orderBy: "size", include: ["metadata" as const] };
      for await (const { key, metadata } of space.entries(options)) {
        keys.push(key);
        if (!Bun.deepEquals(metadata, this.model(name).get(key)?.metadata)) caller.fail(`${key} has another document`);
      }
      return keys;
    });
    this.expectKeys(name, context, found, wanted);
    const { entries } = await caller.again(`page ${context}`, () =>
      space.page({ where: where as never, now, limit: 200 }),
    );
    this.expectKeys(
      name,
      context,
      entries.map(({ key }) => key),
      wanted,
    );
    if (count !== wanted.length) caller.fail(`${context}: count ${count}, not ${wanted.length}`);
    const facets = await caller.again(`facets ${context}`, () => space.facets("tag", { where: where as never, now }));
    const tags = wanted.flatMap((key) => [...new Set([this.model(name).get(key)?.metadata?.tag ?? []].flat())]);
    const sum = facets.reduce((total, facet) => total + facet.count, 0);
    if (sum !== tags.length) caller.fail(`${context}: facets of ${sum} tags, not ${tags.length}`);
  }

  private expectKeys(name: string, context: string, found: string[], wanted: string[]): void {
    const odd = [...new Set([...found, ...wanted])].filter((key) => found.includes(key) !== wanted.includes(key));
    const entries = odd.map((key) => `${key} (${found.includes(key)}): ${JSON.stringify(this.model(name).get(key))}`);
    if (odd.length > 0 || found.length !== wanted.length) this.caller.fail(`${context}: wrong about ${entries}`);
  }

  private async search(name: string): Promise<void> {
    const { caller, now } = this;
    const { chance, metric } = caller;
    const where = this.where();
    const query = caller.vector();
    const k = chance.is(0.3) ? 500 : chance.between(1, 10);
    const context = `${name}, k ${k}, where ${JSON.stringify(where)} at ${now}`;
    const model = this.model(name);
    const options = { k, where: where as never, now, include: ["metadata" as const] };
    const hits = chance.is(0.2)
      ? (await caller.again(`searchMany ${context}`, () => this.space(name).searchMany([query, query], options)))[1]!
      : await caller.again(`search ${context}`, () => this.space(name).search(query, options));
    const wanted = this.matching(name, where).filter((key) => model.get(key)!.vector !== null);
    if (hits.length !== Math.min(k, wanted.length)) caller.fail(`${context}: ${hits.length} hits of ${wanted.length}`);
    for (const { key, distance, metadata } of hits) {
      if (!wanted.includes(key)) caller.fail(`${context}: ${key} does not match`);
      const { vector, metadata: document } = model.get(key)!;
      if (!isNear(distance, trueDistance(metric, vector!, query), ROUNDING))
        caller.fail(`${context}: ${key} is elsewhere`);
      if (!Bun.deepEquals(metadata, document)) caller.fail(`${context}: ${key} has another document`);
    }
  }

  /** Looks at what another thread changes at this moment. */
  private async peek(): Promise<void> {
    const { caller } = this;
    const where = this.where();
    const name = caller.chance.oneOf(this.others);
    const query = caller.vector();
    const include = ["metadata" as const, "vector" as const];
    const hits = await caller.again(`peek at ${name}`, () =>
      this.space(name).search(query, { k: 30, where: where as never, include }),
    );
    for (const { key, distance, metadata, vector } of hits) {
      const document = (metadata ?? {}) as Document;
      if (!isMeant(where, document)) caller.fail(`peek: ${key} does not match ${JSON.stringify(where)}`);
      // An update of an entry without a document makes one without a print.
      if (document.print !== undefined && document.print !== printOf(vector!)) {
        caller.fail(`peek: ${key} has the document of another vector`);
      }
      if (!isNear(distance, trueDistance(caller.metric, vector!, query), ROUNDING))
        caller.fail(`peek: ${key} is elsewhere`);
    }
  }
}

/** Spaces with documents that only this actor changes. */
export function documentSpaces(actor: string): string[] {
  return [`${actor} few documents`, `${actor} documents`];
}

function isMeant(where: Where, document: Document): boolean {
  const { $and } = where as { $and?: [Where, Where] };
  const late = $and?.[1]?.[LATE] as { $gte: number } | undefined;
  if (late !== undefined) return isMeant($and![0], document) && Number(document[LATE] ?? -1) >= late.$gte;
  if ($and !== undefined) return $and.every((one) => isMeant(one, document));
  return meant(where as Document, document);
}

function printOf(vector: Float32Array | null): string {
  return vector === null ? "none" : vector.join();
}

function patched(old: Kept, patch: Where, expiresAt: number | null | undefined = undefined): Kept {
  const metadata = plain({ ...old.metadata, ...patch } as Document);
  return { ...old, metadata, expiresAt: expiresAt === undefined ? old.expiresAt : (expiresAt ?? undefined) };
}

/** As JSON says it. */
const plain = (document: Document): Document => JSON.parse(JSON.stringify(document)) as Document;

function isSame(a: Kept | undefined, b: Kept | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const hasVector = printOf(a.vector) === printOf(b.vector);
  return hasVector && a.expiresAt === b.expiresAt && Bun.deepEquals(a.metadata, b.metadata);
}
