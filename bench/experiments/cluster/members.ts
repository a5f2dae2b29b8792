// Who works in a measurement of a cluster? Members in processes of their own, called over IPC.

import { join } from "node:path";
import type { MemberCalls, MemberSetup } from "./member.ts";

interface Reply {
  id?: number;
  value?: unknown;
  error?: string;
  opened?: true;
}

export class Member implements AsyncDisposable {
  private calls = 0;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly opened = Promise.withResolvers<void>();
  private readonly process;

  private constructor(setup: MemberSetup) {
    this.process = Bun.spawn([process.execPath, join(import.meta.dir, "member.ts"), JSON.stringify(setup)], {
      ...{ stdout: "ignore", stderr: "inherit", serialization: "json" },
      ipc: (reply: Reply) => this.receive(reply),
      onExit: (_, code) => this.fail(new Error(`a member has ended with ${code}`)),
    });
  }

  /** Resolves when it takes calls. */
  static async open(setup: MemberSetup): Promise<Member> {
    const member = new Member(setup);
    await member.opened.promise;
    return member;
  }

  call<Name extends keyof MemberCalls>(call: Name, ...args: Parameters<MemberCalls[Name]>) {
    const waiter = Promise.withResolvers<unknown>();
    this.waiting.set(++this.calls, waiter);
    this.process.send({ id: this.calls, call, args });
    return waiter.promise as ReturnType<MemberCalls[Name]>;
  }

  private receive({ id, value, error, opened }: Reply): void {
    if (opened) return void this.opened.resolve();
    const waiter = this.waiting.get(id!)!;
    this.waiting.delete(id!);
    if (error === undefined) waiter.resolve(value);
    else waiter.reject(new Error(error));
  }

  private fail(error: Error): void {
    this.opened.reject(error);
    for (const waiter of this.waiting.values()) waiter.reject(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.opened.promise.catch(() => {});
    this.process.kill();
    await this.process.exited;
  }
}
