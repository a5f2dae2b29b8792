/* How does a member read what it may not hold? Here, where it serves the partition; otherwise by a replica that does. */
import type { VectorIndex } from "../api/vector-index.ts";
import { HnswError, messageOf } from "../errors.ts";
import { badOption } from "../options/checks.ts";
import type { Result } from "./log/writer.ts";
import { Malformed } from "./ops/byte-reader.ts";
import { clusterPartitionOf } from "./ops/partition.ts";
import { checkSpaceHits, listOf, READS, type ReadName } from "./peers/reads.ts";
import type { Question, Router } from "./peers/router.ts";
import { encodeValue } from "./peers/values.ts";
import type { Replica } from "./replica/replica.ts";
import { resultsIn } from "./replies.ts";

/** Entries that are fetched at a time. */
const AT_ONCE = 200;

/** What a read came to, and the member that has done it. */
interface Found {
  value: unknown;
  from: string;
}

export interface FoundHit {
  space: string;
  distance: number;
}

export class Questions {
  /** Number of the last message that a reply has shown. */
  seen = 0;

  constructor(
    private readonly name: string,
    private readonly replica: Replica,
    private readonly local: VectorIndex,
    private readonly router: Router,
    private readonly timeoutMs: number,
  ) {}

  /** A read of one space. `args`: without `freshness`; `atLeast`: the message that it must see. */
  async read(name: ReadName, space: string, args: readonly unknown[], atLeast: number): Promise<unknown> {
    return (await this.readAt(name, space, args, atLeast)).value;
  }

  /** Pages go on at the member that has begun: `next` and `after` name it. */
  async page(space: string, options: { after?: unknown } | undefined, atLeast: number): Promise<unknown> {
    const { after } = options ?? {};
    const [only, place] = typeof after === "string" ? splitAt(after) : [undefined, after];
    const { value, from } = await this.readAt("page", space, [{ ...options, after: place }], atLeast, only);
    const { entries, next } = value as { entries: unknown[]; next: string | null };
    return { entries, next: next === null ? null : `${from}.${next}` };
  }

  /** Each as it is when its turn comes. */
  async *entries(space: string, options: object | undefined, atLeast: number): AsyncGenerator<unknown, void> {
    const partition = this.partitionOf(space);
    const end = this.replica.holdings.read(partition);
    if (end === null) return yield* this.entriesElsewhere(space, options, atLeast);
    try {
      await this.hasApplied(atLeast);
      for await (const entry of this.local.space(space).entries(options)) {
        if (!this.replica.holdings.applies(partition)) throw gone(partition);
        yield entry;
      }
    } finally {
      end();
    }
  }

  private async *entriesElsewhere(space: string, options: object | undefined, atLeast: number) {
    const { include, now, ...which } = (options ?? {}) as { include?: unknown; now?: unknown };
    const keys = listOf(await this.read("entryKeys", space, [{ ...which, now }], atLeast));
    const after = Math.max(atLeast, this.seen);
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const some = keys.slice(from, from + AT_ONCE);
      for (const entry of listOf(await this.read("getMany", space, [some, { include, now }], after))) {
        if (entry !== undefined) yield entry;
      }
    }
  }

  /** The nearest in several spaces: those that were named, or all. */
  async search(query: unknown, options: { spaces?: unknown; k?: unknown }, atLeast: number): Promise<FoundHit[]> {
    const { spaces, ...rest } = options;
    const isAll = spaces === "all";
    const names = isAll ? [] : listOfNames(spaces);
    const parts = new Map<number, string[] | null>();
    if (isAll) for (const partition of this.filledPartitions(atLeast)) parts.set(partition, null);
    else
      for (const name of names) parts.set(this.partitionOf(name), [...(parts.get(this.partitionOf(name)) ?? []), name]);
    const found = await Promise.all(
      Array.from(parts, ([partition, some]) => this.searchPart(partition, query, rest, some, atLeast)),
    );
    const order = new Map(names.map((name, place) => [name, place]));
    const placeOf = ({ space }: FoundHit) => order.get(space) ?? 0;
    const hits = found.flat().sort((a, b) => a.distance - b.distance || placeOf(a) - placeOf(b));
    return hits.slice(0, (rest.k as number | undefined) ?? 10); // a `k` that is none was refused by each
  }

  /** Those of which something is in the log; and one, so that a bad call is refused. */
  private filledPartitions(atLeast: number): number[] {
    const { states, applied } = this.replica;
    const all = Array.from(states.keys());
    return applied < atLeast ? all : all.filter((partition) => partition === 0 || states[partition]!.last > 0);
  }

  private async searchPart(
    partition: number,
    query: unknown,
    options: object,
    names: string[] | null,
    atLeast: number,
  ): Promise<FoundHit[]> {
    const run = () => {
      const spaces = names ?? this.replica.spacesByPartition()[partition]!;
      return this.local.search(query as never, { ...options, spaces } as never);
    };
    const { dimensions } = this.replica.shape;
    const question = { partition, call: "searchSpaces", args: [query, options, names], atLeast };
    const { value } = await this.answered(question, run, (given) => checkSpaceHits(given, dimensions));
    return value as FoundHit[];
  }

  /** What a group of this member has come to, where it does not hold the partition. Rejects with CLUSTER_UNSERVED. */
  async resultsOf(partition: number, writer: string, group: number, number: number, count: number): Promise<Result[]> {
    const question = { partition, call: "results", args: [writer, group], atLeast: number };
    const check = (value: unknown) => void resultsIn(value, count);
    const answer = await this.router.ask(question, this.timeoutMs, check, () => false);
    return resultsIn(answer!.value, count);
  }

  private async readAt(
    name: ReadName,
    space: string,
    args: readonly unknown[],
    atLeast: number,
    only?: string,
  ): Promise<Found> {
    const { dimensions } = this.replica.shape;
    const question = { partition: this.partitionOf(space), call: name, args: [space, ...args], atLeast };
    const run = () => READS[name].run(this.local.space(space) as never, args);
    return await this.answered(question, run, (value) => READS[name].check(value, dimensions), only);
  }

  private async answered(
    question: Question,
    run: () => Promise<unknown>,
    check: (value: unknown) => void,
    only?: string,
  ): Promise<Found> {
    const { partition, atLeast } = question;
    const { holdings, fields } = this.replica;
    const mayBeHere = only === undefined || only === this.name;
    for (;;) {
      const end = mayBeHere ? holdings.read(partition) : null;
      if (end !== null) {
        try {
          await this.hasApplied(atLeast);
          return { value: await run(), from: this.name };
        } finally {
          end();
        }
      }
      if (only === this.name) throw gone(partition);
      expectSendable(question.args);
      // A replica must also know the fields that a caller here may name.
      const asked = { ...question, atLeast: Math.max(atLeast, fields.at(-1)?.[2] ?? 0) };
      const isHere = () => mayBeHere && holdings.serves(partition);
      const answer = await this.router.ask(asked, this.timeoutMs, check, isHere, only);
      if (answer === null) continue;
      this.seen = Math.max(this.seen, answer.applied);
      return answer;
    }
  }

  private async hasApplied(number: number): Promise<void> {
    if (this.replica.applied < number) await this.replica.reaches(number, this.timeoutMs);
  }

  partitionOf(space: string): number {
    return clusterPartitionOf(space, this.replica.shape.partitions);
  }
}

function gone(partition: number): HnswError {
  const what = `The member at which this began does not serve partition ${partition} any more`;
  return new HnswError("CLUSTER_UNSERVED", `${what}: begin again.`);
}

/** A member's name, and where it goes on there. Throws BAD_OPTION. */
function splitAt(after: string): [name: string, place: string] {
  const [, name, place] = /^([0-9a-f]{16})\.(.*)$/s.exec(after) ?? [];
  if (name !== undefined && place !== undefined) return [name, place];
  throw badOption("`after` must be the `next` of a page of this cluster.");
}

/** Throws BAD_OPTION. */
function listOfNames(spaces: unknown): string[] {
  const isNames = Array.isArray(spaces) && spaces.every((name) => typeof name === "string" && name !== "");
  if (isNames) return [...new Set(spaces)];
  throw badOption('`spaces` must be "all" or an array of names.');
}

/** Throws BAD_OPTION. */
function expectSendable(args: readonly unknown[]): void {
  try {
    encodeValue(args);
  } catch (cause) {
    const message = `This member does not hold the space, and can't send the call to one that does: ${messageOf(cause)}.`;
    throw cause instanceof Malformed ? badOption(message) : cause;
  }
}
