/* Where do members keep what is not an op? In a stream beside the log, by subject: the last message of one counts. */
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { HnswError } from "../../errors.ts";
import { eventually, FULL_CODES } from "./trouble.ts";

const NAME_IN_USE = 10058;
const MESSAGE_NOT_FOUND = 10037;
const OTHER_SEQUENCE = 10071;
const REPLACE_MS = 2_000;

export class SideStream {
  constructor(
    private readonly streams: JetStreamManager["streams"],
    private readonly publisher: JetStreamClient,
    private readonly stream: string,
    private readonly prefix: string,
    private readonly replicas: number,
    private readonly timeoutMs: number,
  ) {}

  /** Creates it if there is none. Rejects with CLUSTER_UNREACHABLE, as all that is below. */
  open(): Promise<void> {
    return this.asked("create", () => this.openOnce());
  }

  private async openOnce(): Promise<void> {
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
    const filter = { subjects_filter: `${this.prefix}.${pattern}` };
    const { state } = await this.asked("list", () => this.streams.info(this.stream, filter));
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.prefix.length + 1));
  }

  async put(subject: string, bytes: Uint8Array): Promise<void> {
    await this.asked("take", async () => {
      try {
        await this.publisher.publish(`${this.prefix}.${subject}`, bytes, { timeout: 5_000 });
      } catch (cause) {
        if (!(cause instanceof JetStreamApiError && FULL_CODES.includes(cause.code))) throw cause;
        throw new HnswError("CLUSTER_FULL", `The stream "${this.stream}" is full: ${cause.message}.`, { cause });
      }
    });
  }

  /**
   * Puts it in the place of that revision; 0: where there is none. False: another is there by now. Tried once, since what was right may
   * not be by the next time: rejects also where it was done and the acknowledgement was lost.
   */
  async replace(subject: string, revision: number, bytes: Uint8Array): Promise<boolean> {
    try {
      const expect = { lastSubjectSequence: revision };
      await this.publisher.publish(`${this.prefix}.${subject}`, bytes, { timeout: REPLACE_MS, expect });
      return true;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === OTHER_SEQUENCE) return false;
      throw error;
    }
  }

  /** Null where there is none. */
  async last(subject: string): Promise<Uint8Array | null> {
    return (await this.lastRevision(subject))?.bytes ?? null;
  }

  /** With its number, that `replace` takes. */
  lastRevision(subject: string): Promise<{ bytes: Uint8Array; revision: number } | null> {
    return this.asked("read", () => this.lastOnce(subject));
  }

  private async lastOnce(subject: string) {
    try {
      const message = await this.streams.getMessage(this.stream, { last_by_subj: `${this.prefix}.${subject}` });
      return message && { bytes: message.data, revision: message.seq };
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === MESSAGE_NOT_FOUND) return null;
      throw error;
    }
  }

  /** All of a pattern. */
  async remove(pattern: string): Promise<void> {
    await this.asked("remove", () => this.streams.purge(this.stream, { filter: `${this.prefix}.${pattern}` }));
  }

  /** A request may be lost with a server, and each of these may be done twice. */
  private asked<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return eventually(this.timeoutMs, `The servers did not ${what} what "${this.stream}" holds`, attempt);
  }
}
