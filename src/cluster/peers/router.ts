/*
 * Who is asked for what this member does not hold? A replica of the partition by name, and after the 95th percentile of recent replies,
 * or at once where it refuses, another one; where none is left, the placement is read again. Until the caller's time is over.
 */
import { HnswError, messageOf } from "../../errors.ts";
import { Malformed } from "../ops/byte-reader.ts";
import { Delays } from "./delays.ts";
import { TooLarge } from "./parts.ts";
import { decodeReply, encodeRequest, NotHere, type Reply, type Request } from "./request.ts";
import { NoReply, type Wire } from "./wire.ts";

const AGAIN_MS = 50;
/** One that lets itself be waited for may be gone: it is asked again, like the others. */
const ATTEMPT_MS = 5_000;

export interface Routes {
  readonly revision: number;
  /** Members that serve a partition, as far as is known. */
  replicasOf(partition: number): string[];
  /** Reads the placement again. */
  look(): Promise<void>;
}

export type Question = Pick<Request, "partition" | "call" | "args" | "atLeast">;

/** A reply, and the member that it came from. */
export type Answer = Reply & { from: string };

export class Router {
  readonly delays = new Delays();
  /** Members that refused or did not reply: they are asked last for a while. */
  private readonly failed = new Map<string, number>();

  constructor(
    private readonly wire: Pick<Wire, "ask">,
    private readonly routes: Routes,
  ) {}

  /**
   * Resolves to what a replica replies. `check` throws Malformed for what can't be; `isHere`: this member serves it by now, and null is
   * resolved to; `only`: no other member is asked. Rejects with what refuses the call everywhere, or CLUSTER_UNSERVED.
   */
  async ask(
    question: Question,
    timeoutMs: number,
    check: (value: unknown) => void,
    isHere: () => boolean,
    only?: string,
  ): Promise<Answer | null> {
    const end = performance.now() + timeoutMs;
    let trouble = "no member serves it";
    for (;;) {
      if (isHere()) return null;
      const replicas = this.inOrder(question.partition).filter((name) => only === undefined || name === only);
      if (replicas.length > 0) {
        try {
          return await this.askAll(replicas, question, end, check);
        } catch (error) {
          if (!isPassing(error)) throw error;
          trouble = messageOf(error);
        }
      }
      if (performance.now() >= end) throw unserved(question.partition, timeoutMs, trouble);
      await this.routes.look().catch(() => {}); // it is as it is known
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** Asks one after the other, each before those before it are over, and takes what comes first. */
  private askAll(
    replicas: readonly string[],
    question: Question,
    end: number,
    check: (value: unknown) => void,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const others = new AbortController();
    let [next, open] = [0, 0];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = (): void => {
      const name = replicas[next++];
      if (name === undefined || others.signal.aborted) return;
      open++;
      clearTimeout(timer);
      timer = setTimeout(begin, this.delays.hedgeMs);
      this.askOne(name, question, end, check, others.signal).then(resolve, (error) => {
        open--;
        if (!isPassing(error)) return reject(error);
        if (next < replicas.length) begin();
        else if (open === 0) reject(error);
      });
    };
    begin();
    return promise.finally(() => {
      clearTimeout(timer);
      others.abort();
    });
  }

  private async askOne(
    name: string,
    question: Question,
    end: number,
    check: (value: unknown) => void,
    signal: AbortSignal,
  ): Promise<Answer> {
    const start = performance.now();
    const waitMs = Math.min(ATTEMPT_MS, Math.max(1, end - start));
    try {
      const request = encodeRequest({ ...question, revision: this.routes.revision, waitMs });
      const reply = decodeReply(await this.wire.ask(name, request, waitMs, signal));
      check(reply.value);
      this.delays.took(performance.now() - start);
      this.failed.delete(name);
      return { ...reply, from: name };
    } catch (error) {
      if (error instanceof TooLarge) {
        const cure = "send less in one call";
        throw new HnswError("BAD_OPTION", `The call is too large to be sent to another member: ${cure}.`, {
          cause: error,
        });
      }
      if (isPassing(error) && !signal.aborted) this.failed.set(name, performance.now());
      throw error;
    }
  }

  /** At random, so that replicas share the work; those that have failed of late last. */
  private inOrder(partition: number): string[] {
    const replicas = this.routes
      .replicasOf(partition)
      .map((name) => ({ name, place: Math.random() + this.lateness(name) }));
    return replicas.sort((a, b) => a.place - b.place).map(({ name }) => name);
  }

  private lateness(name: string): number {
    const at = this.failed.get(name);
    if (at === undefined) return 0;
    if (performance.now() - at < 2 * ATTEMPT_MS) return 1;
    this.failed.delete(name);
    return 0;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof NotHere || error instanceof NoReply || error instanceof Malformed;
}

export function unserved(partition: number, timeoutMs: number, why: string): HnswError {
  const what = `No member that holds partition ${partition} has replied within ${timeoutMs} ms`;
  return new HnswError("CLUSTER_UNSERVED", `${what}: ${why}.`);
}
