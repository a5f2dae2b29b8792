/*
 * In which order does a member see the log? Message by message, without gaps. Wherever it begins to read again it looks
 * first whether the log still holds, as the same, the last message that was applied; and what was acknowledged to this
 * member must come back under its number.
 */
import { HnswError, messageOf } from "../../errors.ts";
import { digestIn } from "../ops/group.ts";
import type { Barrier } from "./barrier.ts";
import type { ClusterLog } from "./log.ts";
import { lost } from "./trouble.ts";

export interface LogMessage {
  /** Of the message in the log: 1 and up, one after the other. */
  number: number;
  /** −1: the message is none of ours. */
  partition: number;
  /** When the server stored it, milliseconds since 1970. */
  time: number;
  bytes: Uint8Array;
}

/** What the reader feeds. */
export interface Applier {
  /** Number of the last message that was applied, or 0, and what it is known by. */
  readonly applied: number;
  readonly digest: string;
  /** Rejects where nothing may be applied any more. */
  apply(message: LogMessage): Promise<void>;
}

const AGAIN_MS = 200;
/** So often a reader that gets nothing looks whether there is something: a client may wait for a consumer that is gone. */
const LOOK_MS = 2_000;
/** A server that has just started may not know its streams yet: so often, in a row, one that is gone is looked for again. */
const MOST_LOOKS = 50;

export class LogReader {
  /** Why nothing is read at the moment; null while all is well. */
  trouble: string | null = null;
  private isStopped = false;
  private isApplying = false;
  /** Of the message that this reading expects; the first is one that was applied. */
  private next = 1;
  private stopReading: (() => void) | null = null;
  private readonly ended: Promise<void>;

  /** `onEnd` hears why nothing is read any more for good. */
  constructor(
    private readonly log: ClusterLog,
    private readonly to: Applier,
    private readonly barrier: Barrier,
    onEnd: (error: unknown) => void,
  ) {
    this.ended = this.run().catch(onEnd);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.stopReading?.();
    await this.ended;
  }

  private async run(): Promise<void> {
    let looks = 0;
    while (!this.isStopped) {
      try {
        looks = (await this.isThere()) ? 0 : looks + 1;
        if (looks > MOST_LOOKS) throw lost("the stream is gone");
        if (looks === 0) await this.readOn();
      } catch (error) {
        if (error instanceof HnswError) throw error;
        this.trouble = messageOf(error);
      }
      if (!this.isStopped) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** Number of the last message that is known to be in the log. */
  private get known(): number {
    return Math.max(this.to.applied, this.log.acknowledged.last);
  }

  /** Whether the stream is there. Rejects with CLUSTER_LOST where it is shorter than what is known of it. */
  private async isThere(): Promise<boolean> {
    const { known } = this; // before the leader is asked
    const extent = await this.log.extent();
    if (extent === null) {
      this.trouble = "the stream is gone";
      return false;
    }
    if (extent.last >= known) return true;
    // A leader that was just elected may not have caught up with its own log.
    this.trouble = `it ends with message ${extent.last}, and had message ${known}`;
    if ((await this.barrier.pass()) <= known) throw lost(this.trouble);
    return true;
  }

  /** Reads until the messages end or one is missing. Rejects with CLUSTER_LOST or what `apply` rejects with. */
  private async readOn(): Promise<void> {
    const { to } = this;
    const begin = Math.max(1, to.applied);
    const messages = await this.log.read(begin);
    this.stopReading = () => messages.stop();
    if (this.isStopped) messages.stop();
    const looks = setInterval(() => void this.stopIfWrong(messages), LOOK_MS);
    this.next = begin;
    try {
      for await (const message of messages) {
        if (this.isStopped) return;
        this.trouble = null;
        const { seq: number } = message;
        if (number !== this.next) return await this.expectFrom(begin); // one was lost on its way: it is read again
        this.next++;
        const digest = digestIn(message.data);
        const isKept = this.log.acknowledged.isKept(number, digest);
        if (!isKept) throw lost(`message ${number} is another than the one that was acknowledged`);
        if (number > to.applied) {
          const time = Number(message.timestampNanos / 1_000_000n);
          this.isApplying = true;
          await to.apply({ number, partition: this.log.partitionOf(message.subject), time, bytes: message.data });
          this.isApplying = false;
        } else if (digest !== to.digest) {
          throw lost(`message ${number} is another than the one that was applied`);
        }
      }
    } finally {
      this.isApplying = false;
      this.stopReading = null;
      clearInterval(looks);
      messages.stop();
    }
  }

  /** Rejects with CLUSTER_LOST where the log begins behind that message. */
  private async expectFrom(number: number): Promise<void> {
    const extent = await this.log.extent();
    if (extent !== null && extent.first > number)
      throw lost(`message ${number} is missing, ${extent.first} is its first`);
  }

  /** Ends a reading that gets nothing of what is there, or of a log that is not what it was. */
  private async stopIfWrong(messages: { stop(): void }): Promise<void> {
    const { next, known } = this;
    const extent = await this.log.extent().catch(() => undefined); // no leader at the moment
    if (extent === undefined || this.isApplying || this.next !== next) return;
    const isBehind = extent !== null && extent.last >= next;
    if (isBehind) this.trouble = `message ${next} is there and does not come`;
    if (isBehind || extent === null || extent.last < known) messages.stop();
  }
}
