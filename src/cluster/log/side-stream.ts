/* Where do members keep what is not an op? In a stream beside the log, by subject: the last message of one counts. */
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";

const NAME_IN_USE = 10058;
const MESSAGE_NOT_FOUND = 10037;

export class SideStream {
  constructor(
    private readonly streams: JetStreamManager["streams"],
    private readonly publisher: JetStreamClient,
    private readonly stream: string,
    private readonly prefix: string,
    private readonly replicas: number,
  ) {}

  /** Creates it if there is none. Rejects with what the servers refuse. */
  async open(): Promise<void> {
    try {
      await this.streams.add({
        ...{ name: this.stream, subjects: [`${this.prefix}.>`], num_replicas: this.replicas, max_msgs_per_subject: 1 },
        ...{ storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.New },
      });
    } catch (error) {
      // Someone has given it other limits since.
      if (!(error instanceof JetStreamApiError && error.code === NAME_IN_USE)) throw error;
    }
  }

  /** Those that have a message, of one pattern, without the prefix that all have. */
  async subjects(pattern: string): Promise<string[]> {
    const { state } = await this.streams.info(this.stream, { subjects_filter: `${this.prefix}.${pattern}` });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.prefix.length + 1));
  }

  async put(subject: string, bytes: Uint8Array): Promise<void> {
    await this.publisher.publish(`${this.prefix}.${subject}`, bytes, { timeout: 10_000, retries: 3 });
  }

  /** Null where there is none. */
  async last(subject: string): Promise<Uint8Array | null> {
    try {
      const message = await this.streams.getMessage(this.stream, { last_by_subj: `${this.prefix}.${subject}` });
      return message?.data ?? null;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === MESSAGE_NOT_FOUND) return null;
      throw error;
    }
  }

  /** All of a pattern. */
  async remove(pattern: string): Promise<void> {
    await this.streams.purge(this.stream, { filter: `${this.prefix}.${pattern}` });
  }
}
