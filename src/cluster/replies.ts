/* What does a member reply to others? Reads of partitions that it serves, once it has applied what they must see, and results of ops. */
import type { VectorIndex } from "../api/vector-index.ts";
import { HnswError } from "../errors.ts";
import type { Result } from "./log/writer.ts";
import { isCount, Malformed } from "./ops/byte-reader.ts";
import { clusterPartitionOf } from "./ops/partition.ts";
import { isReadName, listOf, READS } from "./peers/reads.ts";
import { decodeRequest, encodeRefusal, encodeReply, NotHere, type Request } from "./peers/request.ts";
import { REFUSALS } from "./replica/apply.ts";
import type { Replica } from "./replica/replica.ts";
import type { ResultLog } from "./replica/results.ts";

/** Of the placement. */
export interface Epoch {
  readonly revision: number;
  look(): Promise<void>;
}

export class Replies {
  constructor(
    private readonly replica: Replica,
    private readonly local: VectorIndex,
    private readonly results: ResultLog,
    private readonly epoch: Epoch,
  ) {}

  /** Never rejects: what goes wrong is said in the reply. */
  async reply(bytes: Uint8Array): Promise<Uint8Array> {
    const { replica, epoch } = this;
    try {
      const request = decodeRequest(bytes, replica.shape.partitions);
      if (request.revision > epoch.revision) epoch.look().catch(() => {}); // what it serves counts, not what it should
      const end = replica.holdings.read(request.partition);
      if (end === null) throw new NotHere(`partition ${request.partition} is not served here`);
      try {
        if (replica.applied < request.atLeast) await replica.reaches(request.atLeast, request.waitMs);
        const { applied } = replica;
        const value = await this.run(request);
        return encodeReply({ revision: epoch.revision, applied, value });
      } finally {
        end();
      }
    } catch (error) {
      return encodeRefusal(error, epoch.revision, replica.applied);
    }
  }

  private async run({ partition, call, args }: Request): Promise<unknown> {
    if (call === "results") return this.resultsOf(partition, args);
    if (call === "spaces") return this.replica.spacesByPartition()[partition]!;
    if (call === "searchSpaces") return await this.searchSpaces(partition, args);
    if (!isReadName(call)) throw new NotHere(`a read "${call}" is not known here`);
    const [space, ...rest] = args;
    if (typeof space !== "string" || clusterPartitionOf(space, this.replica.shape.partitions) !== partition) {
      throw new Malformed("the space is one of another partition");
    }
    return await READS[call].run(this.local.space(space) as never, rest);
  }

  private resultsOf(partition: number, [writer, group]: readonly unknown[]): unknown {
    const results = this.results.of(partition, String(writer), Number(group));
    if (results === undefined) throw new NotHere("the result is not known here");
    return results.map((one) => ("count" in one ? one.count : [one.refusal.code, one.refusal.message]));
  }

  /** `names`: null stands for all that there are in the partition. */
  private async searchSpaces(partition: number, [query, options, names]: readonly unknown[]): Promise<unknown> {
    const own = this.replica.spacesByPartition()[partition]!;
    const spaces = names === null ? own : own.filter((name) => listOf(names).includes(name));
    return await this.local.search(query as never, { ...(options as object), spaces } as never);
  }
}

/** As a reply has them. Throws Malformed. */
export function resultsIn(value: unknown, count: number): Result[] {
  const results = listOf(value).map((one): Result => {
    if (isCount(one)) return { count: one };
    const [code, message] = listOf(one);
    const isRefusal = typeof message === "string" && REFUSALS.has(code as never);
    if (!isRefusal) throw new Malformed("a result makes no sense");
    return { refusal: new HnswError(code as never, message) };
  });
  if (results.length !== count) throw new Malformed("there are not as many results as ops");
  return results;
}
