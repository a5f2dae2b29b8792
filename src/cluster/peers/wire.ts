/*
 * How do members talk to one another? By plain messages of NATS, on subjects of the cluster:
 *
 *   <prefix>.peers.beats                         what each says to all
 *   <prefix>.peers.ask.<to>.<from>.<request>     a request, in parts
 *   <prefix>.peers.reply.<from>.<to>.<request>   its reply, in parts, to the member that has asked
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { Assembly, partsOf } from "./parts.ts";

const MOST_PART_BYTES = 512 * 1024;
/** Requests that a member works on at once; it does not hear others until then, and they turn to other members. */
const MOST_AT_ONCE = 256;

export interface WireHost {
  hearsBeat(bytes: Uint8Array): void;
  /** Never rejects. */
  reply(request: Uint8Array): Promise<Uint8Array>;
}

/** No reply came. */
export class NoReply extends Error {}

interface Waiting {
  resolve(reply: Uint8Array): void;
  reject(error: Error): void;
}

export class Wire {
  private readonly waiting = new Map<string, Waiting>();
  private readonly requests = new Assembly();
  private readonly replies = new Assembly();
  private readonly subscriptions;
  private asked = 0;
  private working = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly prefix: string,
    private readonly name: string,
    private readonly host: WireHost,
  ) {
    const on = (subject: string, take: (data: Uint8Array, tokens: string[]) => void) => {
      const from = `${prefix}.peers.`.length;
      return connection.subscribe(`${prefix}.peers.${subject}`, {
        callback: (error, message) => {
          if (error === null) take(message.data, message.subject.slice(from).split("."));
        },
      });
    };
    this.subscriptions = [
      on("beats", (data) => host.hearsBeat(data)),
      on(`ask.${name}.*.*`, (data, [, , from, request]) => void this.serve(from!, request!, data)),
      on(`reply.${name}.*.*`, (data, [, , from, request]) => this.receive(`${from}.${request}`, data)),
    ];
  }

  say(beat: Uint8Array): void {
    this.publish("beats", beat);
  }

  /** Resolves to the reply. Rejects with NoReply, or TooLarge. `signal`: aborted when the reply is no longer needed. */
  async ask(to: string, request: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    const number = ++this.asked;
    const id = `${to}.${number}`;
    const parts = partsOf(request, this.partBytes);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.waiting.set(id, { resolve, reject });
    const timer = setTimeout(() => reject(new NoReply(`no reply came within ${Math.round(timeoutMs)} ms`)), timeoutMs);
    const abort = () => reject(new NoReply("another member was quicker"));
    signal?.addEventListener("abort", abort);
    try {
      for (const part of parts) this.publish(`ask.${to}.${this.name}.${number}`, part);
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.waiting.delete(id);
      this.replies.drop(id);
    }
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    for (const { reject } of this.waiting.values()) reject(new NoReply("the cluster is closed"));
  }

  private async serve(from: string, number: string, data: Uint8Array): Promise<void> {
    if (!/^[0-9a-f]{16}$/.test(from) || !/^\d{1,15}$/.test(number)) return;
    const request = this.requests.take(`${from}.${number}`, data, performance.now());
    if (request === null || this.working >= MOST_AT_ONCE) return;
    this.working++;
    try {
      const reply = await this.host.reply(request);
      for (const part of partsOf(reply, this.partBytes)) this.publish(`reply.${from}.${this.name}.${number}`, part);
    } catch {
      // Too large, or the connection is closed: the other one stops waiting by itself.
    } finally {
      this.working--;
    }
  }

  private receive(id: string, data: Uint8Array): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    const reply = this.replies.take(id, data, performance.now());
    if (reply !== null) waiting.resolve(reply);
  }

  private publish(subject: string, data: Uint8Array): void {
    if (!this.connection.isClosed()) this.connection.publish(`${this.prefix}.peers.${subject}`, data);
  }

  private get partBytes(): number {
    return Math.min(MOST_PART_BYTES, (this.connection.info?.max_payload ?? 1_048_576) - 1024);
  }
}
