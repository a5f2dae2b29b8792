/* How does a test run members of a cluster in its own process, and look into the log beside them? */

import { afterAll, beforeAll } from "bun:test";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { ClusterIndex, ClusterOptions } from "../../src/cluster/cluster.ts";
import { openCluster } from "../../src/cluster/cluster.ts";
import type { Incident } from "../../src/index.ts";
import { NatsServers } from "../support/nats-servers.ts";

export const SMALL = { workers: 0, partitions: 1 } as const;

export interface Memory {
  text: string;
  tags: string[];
}

export const FIELDS = { tags: "keyword" } as const;

/** One server for all tests of a block, with a name of a cluster of its own for each. */
export function oneServer(): { readonly servers: NatsServers; name(): string } {
  let servers: NatsServers;
  let names = 0;
  beforeAll(async () => {
    servers = await NatsServers.start();
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  return {
    get servers() {
      return servers;
    },
    name: () => `test-${names++}`,
  };
}

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

  /** Numbers of the snapshots that are there, oldest first. */
  async snapshots(member: ClusterIndex<Memory>, name: string): Promise<number[]> {
    const { stream, prefix } = this.beside(member, name);
    const { state } = await this.streams.info(stream, { subjects_filter: `${prefix}.manifests.>` });
    const subjects = Object.keys(state.subjects ?? {});
    return subjects.map((subject) => Number(subject.split(".").at(-2))).sort((a, b) => a - b);
  }

  /** Puts something else in the place of the first piece of a snapshot. */
  async damage(member: ClusterIndex<Memory>, name: string, number: number): Promise<void> {
    const { stream, prefix } = this.beside(member, name);
    const { state } = await this.streams.info(stream, { subjects_filter: `${prefix}.pieces.${number}.*.0` });
    await jetstream(this.connection).publish(Object.keys(state.subjects!)[0]!, new Uint8Array(100));
  }

  private beside({ options }: ClusterIndex<Memory>, name: string) {
    const incarnation = options.incarnation.slice(0, 16);
    return { stream: `HNSW_${name}_snapshots_${incarnation}`, prefix: `hnsw.${name}.${incarnation}.snapshots` };
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
