/* What is in the log, whatever members make of it? Read beside them, from its beginning on, while they write. */
import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { decodeGroup } from "../../../src/cluster/ops/group.ts";
import type { Op } from "../../../src/cluster/ops/op.ts";
import { after, type Found, type Kind } from "./model.ts";

const STREAM = "HNSW_index";

export class Audit implements AsyncDisposable {
  /** Of the last message that was read. */
  number = 0;
  /** Messages that were trimmed before they were read: what they held is not known. */
  missed = 0;
  readonly failures: string[] = [];
  /** By space and key: what the ops have made of it. */
  readonly entries = new Map<string, Found>();
  /** Numbers of the ops of each client. */
  readonly seen = new Map<string, Set<number>>();
  private readonly writers = new Map<string, number>();
  private readonly highest = new Map<string, number>();

  private constructor(private readonly connection: NatsConnection) {}

  static async start(servers: string[]): Promise<Audit> {
    const audit = new Audit(await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 250 }));
    void audit.run();
    return audit;
  }

  private async run(): Promise<void> {
    while (!this.connection.isClosed()) {
      try {
        await this.read();
      } catch {
        await Bun.sleep(200);
      }
    }
  }

  private async read(): Promise<void> {
    await jetstreamManager(this.connection);
    const from = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.number + 1 };
    const consumer = await jetstream(this.connection).consumers.get(STREAM, from);
    const messages = await consumer.consume({ idle_heartbeat: 1_000, expires: 5_000 });
    for await (const { seq, subject, data } of messages) {
      if (seq <= this.number) continue;
      this.missed += seq - this.number - 1;
      this.number = seq;
      this.take(Number(subject.split(".").at(-1)), data);
    }
  }

  private take(partition: number, bytes: Uint8Array): void {
    const { writer, number, ops } = decodeGroup(bytes, 2);
    const line = `${writer} ${partition}`;
    if (number <= (this.writers.get(line) ?? 0)) return; // sent again
    this.writers.set(line, number);
    for (const op of ops) this.apply(op);
  }

  private apply(op: Op): void {
    if (op.kind !== "add" && op.kind !== "update" && op.kind !== "delete") return;
    const key = `${op.space} ${op.key}`;
    const before = this.entries.get(key) ?? null;
    const n = numberOf(op);
    if (n !== null) this.note(String(op.key), n, op.kind);
    this.entries.set(key, after(op.kind, n ?? 0, before));
  }

  /** Of one key, ops come in the order of their numbers, each once. */
  private note(key: string, n: number, kind: Kind): void {
    const before = this.highest.get(key) ?? 0;
    if (n <= before) this.failures.push(`${kind} ${n} of ${key} is in the log behind ${before}`);
    this.highest.set(key, n);
    const client = key.split("-").slice(0, 2).join("-");
    const seen = this.seen.get(client) ?? new Set();
    this.seen.set(client, seen.add(n));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}

function numberOf(op: Op & { kind: Kind }): number | null {
  if (op.kind === "delete") return null;
  if (op.kind === "add") return JSON.parse(op.document!).n;
  return (op.patch.find(([name]) => name === "n")![1] as number) ?? null;
}
