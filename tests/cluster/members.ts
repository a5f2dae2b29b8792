/* How does a test run members of a cluster in its own process, and look into the log beside them? */
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { ClusterIndex, ClusterOptions } from "../../src/cluster/cluster.ts";
import { openCluster } from "../../src/cluster/cluster.ts";
import type { Incident } from "../../src/index.ts";
import type { NatsServers } from "../support/nats.ts";

export const SMALL = { workers: 0, partitions: 1 } as const;

export interface Memory {
  text: string;
  tags: string[];
}

export const FIELDS = { tags: "keyword" } as const;

/** Members that leave at the end of the block, with what they reported. */
export class Members implements AsyncDisposable {
  readonly all: ClusterIndex<Memory>[] = [];
  readonly incidents: Incident[] = [];

  constructor(private readonly servers: NatsServers) {}

  async open(options: Partial<ClusterOptions<Memory>> = {}): Promise<ClusterIndex<Memory>> {
    const member = await openCluster<Memory>({
      ...{
        servers: this.servers.urls,
        replicas: this.servers.count as 1 | 3,
        dimensions: 2,
        metric: "l2",
        fields: FIELDS,
      },
      ...{ index: SMALL, onIncident: (incident) => this.incidents.push(incident) },
      ...options,
    });
    this.all.push(member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((member) => member.close().catch(() => {})));
  }
}

/** A client of NATS beside the members. */
export class Outside implements AsyncDisposable {
  private constructor(
    readonly connection: NatsConnection,
    readonly streams: JetStreamManager["streams"],
  ) {}

  static async connect(servers: NatsServers): Promise<Outside> {
    const connection = await connect({ servers: servers.urls });
    return new Outside(connection, (await jetstreamManager(connection)).streams);
  }

  /** The stream of a cluster. */
  stream(name = "index") {
    return this.streams.info(`HNSW_${name}`);
  }

  /** Publishes beside the members. `partition`: or another end of a subject. */
  async publish({ options }: ClusterIndex<Memory>, partition: number | string, bytes: Uint8Array, name = "index") {
    const prefix = `hnsw.${name}.${options.incarnation.slice(0, 16)}`;
    await jetstream(this.connection).publish(`${prefix}.${partition}`, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}

/** Digests of members at the end of the log: they must be those of the first. */
export async function digestsOf(members: readonly ClusterIndex<Memory>[]): Promise<string[][]> {
  const digests: string[][] = [];
  for (const member of members) {
    await member.space("any").count({ freshness: "latest" });
    digests.push((await member.digest()).partitions);
  }
  return digests;
}

/** What a promise rejects with: its code, or what it resolved to. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => ["resolved", value],
    (error: { code?: string }) => error.code ?? error,
  );
}
