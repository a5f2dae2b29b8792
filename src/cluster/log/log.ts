/*
 * What is the log of a cluster, in NATS? One stream with a subject per partition. What all members must agree on stands in
 * its metadata, so that stream and settings are created in one step, by the member that comes first. Two that come at once
 * both succeed for servers if the streams have different names, even with the same subjects: so the name is fixed.
 */
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions, nanos } from "@nats-io/transport-node";
import { HnswError, messageOf } from "../../errors.ts";
import { digestIn, newId } from "../ops/group.ts";
import { type AskedShape, type ClusterShape, expectFields, expectShape, readShape, shapeText } from "../ops/shape.ts";
import { Acknowledged } from "./acknowledged.ts";
import { SideStream } from "./side-stream.ts";
import { eventually, FULL_CODES } from "./trouble.ts";

const SHAPE = "hnsw-workers"; // the metadata's name
/** Copies of a message within it are dropped by the server; replicas drop later ones. */
const DUPLICATE_WINDOW_MS = 120_000;
const OLDEST_SERVER = [2, 10];
/** A consumer that its member has left goes away by itself. */
const CONSUMER_GONE_MS = 30_000;
/** In one pull: with messages of 1 MiB at most. */
const MESSAGES_AHEAD = 64;

/** A server that says nothing, two pings long, is left for another one. */
const PING_MS = 2_000;
/** A request that was lost with a server is sent again. */
const REQUEST_MS = 4_000;

const NO_LOG = "The JetStream of the servers does not keep the log";

// Error codes of the server.
const NO_CLUSTER = 10074;
const STREAM_NOT_FOUND = 10059;

export interface LogOptions {
  servers: string | string[];
  /** Passed to the client: credentials, TLS. */
  nats: Omit<NodeConnectionOptions, "servers">;
  /** Of the cluster: it stands in the names of stream and subjects. */
  name: string;
  /** Of the stream. */
  replicas: number;
  timeoutMs: number;
}

/** The first and last message that a log has, as numbers. */
export interface Extent {
  first: number;
  last: number;
}

/** Why a message was not acknowledged. */
export class PublishFailure extends Error {
  constructor(
    /** It is not in the log; otherwise it may be. */
    readonly isDefinite: boolean,
    readonly isFull: boolean,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

export class ClusterLog {
  readonly acknowledged = new Acknowledged();
  private readonly readings = new Set<ConsumerMessages>();
  /** Messages that are on their way: what ends the wait for them. */
  private readonly underWay = new Set<(error: Error) => void>();

  private constructor(
    readonly connection: NatsConnection,
    private readonly streams: JetStreamManager,
    private readonly publisher: JetStreamClient,
    readonly stream: string,
    /** What all subjects of this cluster begin with. */
    readonly prefix: string,
    private readonly replicas: number,
    readonly shape: ClusterShape,
  ) {
    void this.watch();
  }

  /**
   * Connects, and creates the log if there is none. Rejects with CLUSTER_UNREACHABLE, CLUSTER_MISMATCH or UNSUPPORTED, and
   * with BAD_OPTION where there is none and `dimensions` are not given.
   */
  static async open(options: LogOptions, asked: AskedShape, complete: () => Omit<ClusterShape, "incarnation">) {
    const { servers, nats, name, timeoutMs } = options;
    const client = {
      ...{ reconnectTimeWait: 250, pingInterval: PING_MS, timeout: Math.min(timeoutMs, REQUEST_MS) },
      ...{ name: `hnsw-workers ${name}`, ...nats, servers, maxReconnectAttempts: -1 },
    };
    const where = [servers].flat().join(", ");
    const connection = await eventually(timeoutMs, `No server of ${where} can be reached`, () => connect(client));
    try {
      expectServer(connection.info?.version ?? "");
      // A cluster of servers that has just started refuses for some seconds.
      const streams = await eventually(timeoutMs, NO_LOG, () => jetstreamManager(connection, { checkAPI: true }));
      const info = await eventually(timeoutMs, NO_LOG, () => found(streams, options, complete));
      const shape = readShape(info.config.metadata?.[SHAPE], info.config.name);
      expectShape(asked, shape, name);
      expectFields(asked.fields, shape.fields, undefined);
      const prefix = prefixOf(name, shape.incarnation);
      expectConfig(info, prefix);
      return new ClusterLog(
        connection,
        streams,
        jetstream(connection),
        info.config.name,
        prefix,
        info.config.num_replicas,
        shape,
      );
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Bytes of one message, at most. */
  get maxBytes(): number {
    return (this.connection.info?.max_payload ?? 1_048_576) - 1024; // for the headers
  }

  /** `id`: copies with it are dropped for a while. Resolves to the message's number. Rejects with PublishFailure. */
  async publish(partition: number, message: Uint8Array, id: string | undefined, timeout: number): Promise<number> {
    try {
      const subject = `${this.prefix}.${partition}`;
      const { seq } = await this.whileConnected(
        this.publisher.publish(subject, message, { ...(id && { msgID: id }), timeout }),
      );
      this.acknowledged.add(seq, digestIn(message));
      return seq;
    } catch (error) {
      const isRefusal = error instanceof JetStreamApiError;
      const wentNowhere = error instanceof Error && error.name === "JetStreamNotEnabled"; // no server listens to the subject
      throw new PublishFailure(isRefusal || wentNowhere, isRefusal && FULL_CODES.includes(error.code), error);
    }
  }

  /** What there is, as the stream's leader says; null where the stream is gone, or was created again. */
  async extent(): Promise<Extent | null> {
    try {
      const { state, config } = await this.streams.streams.info(this.stream);
      if (config.subjects[0] !== `${this.prefix}.*`) return null;
      return { first: state.first_seq, last: state.last_seq };
    } catch (error) {
      if (isCode(error, STREAM_NOT_FOUND)) return null;
      throw error;
    }
  }

  /**
   * Messages from that number on, until the caller leaves them or the server has lost sight of the consumer. `partition`: of that one
   * alone.
   */
  async read(from: number, partition?: number): Promise<ConsumerMessages> {
    const { name } = await this.streams.consumers.add(this.stream, {
      ...(partition !== undefined && { filter_subject: `${this.prefix}.${partition}` }),
      ...{ ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from },
      ...{ mem_storage: true, num_replicas: 1, inactive_threshold: nanos(CONSUMER_GONE_MS) },
    });
    const consumer = await this.publisher.consumers.get(this.stream, name);
    const messages = await consumer.consume({ max_messages: MESSAGES_AHEAD, expires: 5_000, idle_heartbeat: 1_000 });
    this.readings.add(messages);
    void endWhenLost(messages).finally(() => this.readings.delete(messages));
    return messages;
  }

  /**
   * Readings end with the connection: behind another one may be a server that has another log. So does the wait for
   * acknowledgements: those of messages that were on their way come no more.
   */
  private async watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type !== "reconnect") continue;
      for (const messages of this.readings) messages.stop();
      for (const giveUp of this.underWay) giveUp(new Error("the connection was lost while it was on its way"));
    }
  }

  private whileConnected<T>(acknowledged: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.underWay.add(reject);
      acknowledged.then(resolve, reject).finally(() => this.underWay.delete(reject));
    });
  }

  /** The partition that a message belongs to; −1 for what is none of ours. */
  partitionOf(subject: string): number {
    const text = subject.startsWith(`${this.prefix}.`) ? subject.slice(this.prefix.length + 1) : "";
    const partition = /^\d{1,4}$/.test(text) ? Number(text) : -1;
    return partition < this.shape.partitions ? partition : -1;
  }

  /** Forgets messages before that number. A number that is lower than one before changes nothing. */
  async trim(number: number): Promise<void> {
    await this.streams.streams.purge(this.stream, { seq: number });
  }

  /** A stream for what belongs to this log; not open yet. */
  beside(name: string, timeoutMs: number): SideStream {
    const stream = `${this.stream}_${name}_${this.shape.incarnation.slice(0, 16)}`;
    return new SideStream(
      this.streams.streams,
      this.publisher,
      stream,
      `${this.prefix}.${name}`,
      this.replicas,
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

/** Ends a reading of which the server reports, or lets suspect, that nothing more comes. */
async function endWhenLost(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    const isLost = ["heartbeats_missed", "consumer_not_found", "consumer_deleted", "stream_not_found", "no_responders"];
    if (isLost.includes(type)) messages.stop();
  }
}

/** Subjects hold the log's incarnation: nothing is published into a stream that was created in place of another. */
function prefixOf(name: string, incarnation: string): string {
  return `hnsw.${name}.${incarnation.slice(0, 16)}`;
}

/** The stream, which is created where there is none. */
async function found(
  { streams }: JetStreamManager,
  { name, replicas }: LogOptions,
  shape: () => Omit<ClusterShape, "incarnation">,
): Promise<StreamInfo> {
  const stream = `HNSW_${name}`;
  try {
    return await streams.info(stream);
  } catch (error) {
    if (!isCode(error, STREAM_NOT_FOUND)) throw error;
  }
  const incarnation = newId();
  try {
    return await streams.add({
      ...{ name: stream, subjects: [`${prefixOf(name, incarnation)}.*`], num_replicas: replicas },
      ...{ storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.New, max_age: 0 },
      ...{ deny_delete: true, duplicate_window: nanos(DUPLICATE_WINDOW_MS) },
      metadata: { [SHAPE]: shapeText({ ...shape(), incarnation }) },
    });
  } catch (error) {
    if (!isCode(error, NO_CLUSTER)) throw error; // another member was quicker, or no leader is there yet: look again
    const cure = "start three, or choose `replicas: 1`";
    const message = `The log can't be kept by ${replicas} servers, there is one: ${cure}.`;
    throw new HnswError("BAD_OPTION", message, { cause: error });
  }
}

/** Someone may have changed the stream since. Throws CLUSTER_MISMATCH. */
function expectConfig({ config }: StreamInfo, prefix: string): void {
  const wrong =
    config.storage !== StorageType.File
      ? "is not kept in files"
      : config.retention !== RetentionPolicy.Limits
        ? "does not keep what was read"
        : config.discard !== DiscardPolicy.New
          ? "discards old messages when it is full"
          : config.max_age > 0 || config.max_msgs_per_subject > 0
            ? "forgets messages"
            : config.subjects.length !== 1 || config.subjects[0] !== `${prefix}.*`
              ? `has other subjects than ${prefix}.*`
              : null;
  if (wrong !== null) throw new HnswError("CLUSTER_MISMATCH", `The stream "${config.name}" ${wrong}.`);
}

/** Throws UNSUPPORTED. */
function expectServer(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST_SERVER[0]! || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]!)) return;
  const wanted = `${OLDEST_SERVER.join(".")} or newer`;
  throw new HnswError(
    "UNSUPPORTED",
    `A cluster needs NATS ${wanted}; this server has version ${version || "unknown"}.`,
  );
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
