/*
 * How does an op get into the log, once and in order? Per partition one group is on its way, and what comes in the meantime
 * joins the next: a lone op leaves at once, a load shares messages. A group that is not acknowledged is sent again, under
 * the same number, until it is or `timeoutMs` are over; replicas skip what they have seen.
 *
 *    add ──► waiting ──► on its way ──► acknowledged        the server has it: durable, and it has a number
 *                            │    └────► applied            it came back in the log: the same, and more
 *                            └─────────► given up           CLUSTER_UNCERTAIN, or refused for certain
 */
import { HnswError } from "../../errors.ts";
import { encodeGroup, GROUP_OVERHEAD, newId } from "../ops/group.ts";
import { type ClusterLog, PublishFailure } from "./log.ts";
import { unreachable } from "./trouble.ts";

/** Bytes of ops that share a message, unless one alone has more. */
const GROUP_BYTES = 256 * 1024;
const ATTEMPT_MS = 5_000;
const AGAIN_MS = 100;

/** What an op came to: of all replicas the same. */
export type Result = { count: number } | { refusal: HnswError };

interface Waiting {
  bytes: Uint8Array;
  /** Milliseconds on `performance`'s clock. */
  since: number;
  /** It resolves when the op is applied, not when it is acknowledged. */
  wantsResult: boolean;
  resolve(count: number): void;
  reject(error: HnswError): void;
}

type Log = Pick<ClusterLog, "publish" | "maxBytes" | "shape">;

/** Writes to all partitions, under one name. */
export class LogWriter {
  /** Of this writer in the groups' heads. */
  readonly id = newId();
  /** Number of the last message that this writer knows to hold an op of its own. */
  written = 0;
  private readonly lines = new Map<number, Line>();

  /** `room`: awaited before each group; what it rejects with refuses what waits. */
  constructor(
    readonly log: Log,
    readonly timeoutMs: number,
    readonly room: () => Promise<void>,
  ) {}

  /**
   * Sends an op. Resolves once it is durable; `wantsResult`: once it is applied, to how many entries it changed. Rejects
   * with DOCUMENT_TOO_LARGE, CLUSTER_FULL, CLUSTER_UNREACHABLE or CLOSED: then nothing has changed; with CLUSTER_UNCERTAIN; and with what
   * refuses the op when it is applied.
   */
  send(partition: number, bytes: Uint8Array, wantsResult: boolean): Promise<number> {
    const most = this.log.maxBytes - GROUP_OVERHEAD;
    if (bytes.length > most) {
      const message = `An op may take ${most} bytes, this one takes ${bytes.length}: raise \`max_payload\` of the servers.`;
      return Promise.reject(new HnswError("DOCUMENT_TOO_LARGE", message));
    }
    return this.lineOf(partition).add(bytes, wantsResult);
  }

  /** A group of this writer was applied. */
  applied(partition: number, group: number, number: number, results: readonly Result[]): void {
    this.written = Math.max(this.written, number);
    this.lines.get(partition)?.applied(group, results);
  }

  /**
   * A group of this writer came back in the log, of a partition that is not held here. Whether its results are waited for: what others
   * make of it then goes to `applied`.
   */
  returned(partition: number, group: number, number: number): boolean {
    this.written = Math.max(this.written, number);
    return this.lines.get(partition)?.returned(group) ?? false;
  }

  /** Resolves when nothing is on its way any more, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.lines.values(), (line) => line.settled()));
  }

  /** What is not on its way yet is refused; what is, and is not acknowledged by now, is uncertain. */
  close(): void {
    for (const line of this.lines.values()) line.close();
  }

  private lineOf(partition: number): Line {
    const line = this.lines.get(partition) ?? new Line(this, partition);
    this.lines.set(partition, line);
    return line;
  }
}

/** A group on its way. */
interface Flight {
  number: number;
  ops: Waiting[];
  isAcknowledged: boolean;
  /** It was applied, or the writer is closed: there is nothing to wait for. */
  end: PromiseWithResolvers<void>;
  isOver: boolean;
  /** Ends the wait for results. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

class Line {
  private waiting: Waiting[] = [];
  private groups = 0;
  private isSending = false;
  private isClosed = false;
  /** By number: acknowledged ones stay until they are applied, if someone waits for a result. */
  private readonly flights = new Map<number, Flight>();
  private idle = Promise.withResolvers<void>();

  constructor(
    private readonly writer: LogWriter,
    private readonly partition: number,
  ) {}

  add(bytes: Uint8Array, wantsResult: boolean): Promise<number> {
    if (this.isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.waiting.push({ bytes, since: performance.now(), wantsResult, resolve, reject });
    if (!this.isSending) {
      this.isSending = true;
      this.idle = Promise.withResolvers();
      queueMicrotask(() => void this.sendAll());
    }
    return promise;
  }

  applied(number: number, results: readonly Result[]): void {
    const flight = this.flights.get(number);
    if (flight === undefined) return;
    this.flights.delete(number);
    for (const [i, op] of flight.ops.entries()) {
      const result = results[i]!;
      if ("count" in result) op.resolve(result.count);
      else op.reject(result.refusal);
    }
    finish(flight);
  }

  returned(number: number): boolean {
    const flight = this.flights.get(number);
    if (flight === undefined) return false;
    for (const op of flight.ops) if (!op.wantsResult) op.resolve(1);
    if (flight.ops.some(({ wantsResult }) => wantsResult)) return true;
    this.flights.delete(number);
    finish(flight);
    return false;
  }

  settled(): Promise<void> {
    return this.isSending ? this.idle.promise : Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    for (const op of this.waiting.splice(0)) op.reject(closed());
    for (const flight of this.flights.values()) {
      const where = flight.isAcknowledged ? "is in the log, with a result that is not known" : "may be in the log";
      for (const op of flight.ops)
        op.reject(uncertain(`The cluster was closed while the op was on its way: it ${where}`));
      finish(flight);
    }
    this.flights.clear();
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      try {
        await this.writer.room();
      } catch (error) {
        for (const op of this.waiting.splice(0)) op.reject(error as HnswError);
        break;
      }
      const ops = this.nextGroup();
      if (ops.length > 0) await this.sendGroup(ops);
    }
    this.isSending = false;
    this.idle.resolve();
  }

  private nextGroup(): Waiting[] {
    let [bytes, count] = [0, 0];
    for (const op of this.waiting) {
      bytes += op.bytes.length;
      if (count > 0 && bytes > GROUP_BYTES) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async sendGroup(ops: Waiting[]): Promise<void> {
    const { log, id, timeoutMs } = this.writer;
    const number = ++this.groups;
    const head = { incarnation: log.shape.incarnation, writer: id, number };
    const message = encodeGroup(
      head,
      ops.map(({ bytes }) => bytes),
    );
    const flight: Flight = {
      number,
      ops,
      isAcknowledged: false,
      end: Promise.withResolvers(),
      isOver: false,
      timer: undefined,
    };
    this.flights.set(number, flight);
    const until = performance.now() + timeoutMs;
    let mayBeThere = false;
    for (;;) {
      try {
        const acknowledged = log.publish(this.partition, message, `${id}.${this.partition}.${number}`, ATTEMPT_MS);
        const at = await Promise.race([acknowledged, flight.end.promise]);
        if (at !== undefined) this.acknowledged(flight, at);
        return;
      } catch (error) {
        const failure = error instanceof PublishFailure ? error : new PublishFailure(false, false, error);
        mayBeThere ||= !failure.isDefinite;
        if (flight.isOver) return;
        if (failure.isFull && !mayBeThere) return this.giveUp(flight, full(failure));
        if (performance.now() > until) {
          const why = `No acknowledgement came within ${timeoutMs} ms`;
          return this.giveUp(
            flight,
            mayBeThere ? uncertain(`${why}: the op may be in the log`, failure) : unreachable(why, failure),
          );
        }
        await Promise.race([flight.end.promise, new Promise((resolve) => setTimeout(resolve, AGAIN_MS))]);
        if (flight.isOver) return;
      }
    }
  }

  private acknowledged(flight: Flight, at: number): void {
    this.writer.written = Math.max(this.writer.written, at);
    flight.isAcknowledged = true;
    if (flight.isOver) return;
    for (const op of flight.ops) if (!op.wantsResult) op.resolve(1);
    if (!flight.ops.some(({ wantsResult }) => wantsResult)) return void this.flights.delete(flight.number);
    flight.timer = setTimeout(() => {
      this.flights.delete(flight.number);
      const why = `The op is durable, in message ${at} of the log, but was not applied within ${this.writer.timeoutMs} ms`;
      for (const op of flight.ops) op.reject(uncertain(`${why}: its result is not known`));
    }, this.writer.timeoutMs);
  }

  /** Ops that have waited as long as this group are refused: nothing of them was sent. */
  private giveUp(flight: Flight, error: HnswError): void {
    this.flights.delete(flight.number);
    for (const op of flight.ops) op.reject(error);
    const oldest = performance.now() - this.writer.timeoutMs;
    const isLate = (op: Waiting) => error.code === "CLUSTER_FULL" || op.since < oldest;
    const late = this.waiting.filter(isLate);
    this.waiting = this.waiting.filter((op) => !isLate(op));
    const refusal = error.code === "CLUSTER_FULL" ? error : unreachable("The log takes nothing: nothing has changed");
    for (const op of late) op.reject(refusal);
  }
}

function finish(flight: Flight): void {
  flight.isOver = true;
  clearTimeout(flight.timer);
  flight.end.resolve();
}

function closed(): HnswError {
  return new HnswError("CLOSED", "The cluster is closed.");
}

function uncertain(message: string, cause?: unknown): HnswError {
  return new HnswError("CLUSTER_UNCERTAIN", `${message}.`, { cause });
}

export function full(cause: PublishFailure): HnswError {
  const message = `The log is full, and nothing has changed: raise the limits of its stream or account (${cause.message}).`;
  return new HnswError("CLUSTER_FULL", message, { cause });
}
