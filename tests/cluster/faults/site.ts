/* What is there to break? Three servers and some members, each on a host of its own, and what can happen to them. */
import { NatsServers } from "../../support/nats-servers.ts";
import type { Calls } from "./member.ts";
import { Network } from "./network.ts";

/** What a member is started with. */
export interface Setup {
  servers: string[];
  snapshotAfterBytes: number;
  timeoutMs: number;
  /** Members that hold each partition; null: all do. */
  replicas: number | null;
}

export const FAULTS = ["kill", "stop", "cut"] as const;
export type Fault = (typeof FAULTS)[number];

/** What a call comes to where its member is gone: the op may be in the log. */
export const GONE = "GONE";
const SERVERS = 3;
const OPENS_MS = 60_000;
/** Other faults go on while a member is opened. */
const TRIES = 10;

/** Why a call was refused: the code of an error, or GONE. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

interface Reply {
  id?: number;
  value?: unknown;
  position?: string;
  code?: string;
  incident?: string;
  opened?: boolean;
  unopened?: string;
}

/** A member's process, from its start to its end. */
export class MemberProcess {
  /** Behind what its calls that have resolved have written. */
  position = "";
  isGone = false;
  private calls = 0;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly ready = Promise.withResolvers<void>();
  private readonly process;

  constructor(
    words: string[],
    readonly life: number,
    onIncident: (message: string) => void,
  ) {
    this.ready.promise.catch(() => {});
    this.process = Bun.spawn(words, {
      ...{ stdout: "inherit", stderr: "inherit", serialization: "json" },
      ipc: (reply: Reply) => (reply.incident === undefined ? this.receive(reply) : onIncident(reply.incident)),
      onExit: () => this.fail(),
    });
  }

  opened(): Promise<void> {
    return this.ready.promise;
  }

  /** Rejects with Refused. */
  call<Name extends keyof Calls>(call: Name, ...args: Parameters<Calls[Name]>): ReturnType<Calls[Name]> {
    const waiter = Promise.withResolvers<unknown>();
    this.waiting.set(++this.calls, waiter);
    try {
      this.process.send({ id: this.calls, call, args });
    } catch {
      this.waiting.delete(this.calls);
      waiter.reject(new Refused(GONE));
    }
    return waiter.promise as ReturnType<Calls[Name]>;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.process.kill(signal);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
    this.fail();
  }

  private receive({ opened, unopened, id, value, code, position }: Reply): void {
    if (opened) this.ready.resolve();
    if (unopened !== undefined) this.ready.reject(new Refused(unopened));
    if (id === undefined) return;
    const waiter = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (code !== undefined) waiter.reject(new Refused(code));
    else {
      this.position = position!;
      waiter.resolve(value);
    }
  }

  private fail(): void {
    this.isGone = true;
    this.ready.reject(new Refused(GONE));
    for (const waiter of this.waiting.values()) waiter.reject(new Refused(GONE));
    this.waiting.clear();
  }
}

export class Site implements AsyncDisposable {
  readonly members: MemberProcess[] = [];
  readonly incidents: string[] = [];
  private lives = 0;

  private constructor(
    readonly servers: NatsServers,
    private readonly network: Network | null,
    private readonly setup: Omit<Setup, "servers">,
  ) {}

  static async start(members: number, setup: Omit<Setup, "servers">): Promise<Site> {
    const { network, servers } = await begun(members);
    const site = new Site(servers, network, setup);
    try {
      for (let i = 0; i < members; i++) await site.begin(i);
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
    return site;
  }

  get canCut(): boolean {
    return this.network !== null;
  }

  /** Resolves when the member takes calls. Rejects with Refused where it can't be opened, unless that goes by. */
  async begin(i: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.beginOnce(i);
      } catch (error) {
        const isPassing = error instanceof Refused && ["CLUSTER_UNREACHABLE", "TIMEOUT"].includes(error.code);
        if (!isPassing || tries === TRIES) throw error;
      }
    }
  }

  private async beginOnce(i: number): Promise<void> {
    const setup: Setup = { servers: this.servers.urls, ...this.setup };
    const words = [process.execPath, `${import.meta.dir}/member.ts`, JSON.stringify(setup)];
    const host = this.network?.hosts[SERVERS + i];
    const member = new MemberProcess(host?.command(...words) ?? words, ++this.lives, (message) =>
      this.incidents.push(`member ${i}: ${message}`),
    );
    this.members[i] = member;
    const late = setTimeout(() => void member.kill(), OPENS_MS);
    await member.opened().finally(() => clearTimeout(late));
  }

  /** The fault lasts as long as `during` does. */
  async server(i: number, fault: Fault, during: () => Promise<void>): Promise<void> {
    const { servers, network } = this;
    if (fault === "kill") {
      await servers.kill(i);
      await during();
      servers.begin(i);
    } else if (fault === "stop" || network === null) {
      servers.signal(i, "SIGSTOP");
      await during();
      servers.signal(i, "SIGCONT");
    } else {
      network.hosts[i]!.cut();
      await during();
      network.hosts[i]!.join();
    }
  }

  async member(i: number, fault: Fault, during: () => Promise<void>): Promise<void> {
    const { network } = this;
    const member = this.members[i]!;
    if (fault === "kill") {
      await member.kill();
      await during();
      await this.begin(i);
    } else if (fault === "stop" || network === null) {
      member.signal("SIGSTOP");
      await during();
      member.signal("SIGCONT");
    } else {
      network.hosts[SERVERS + i]!.cut();
      await during();
      network.hosts[SERVERS + i]!.join();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await this.servers[Symbol.asyncDispose]();
    this.network?.[Symbol.dispose]();
  }
}

/** On hosts of their own, else as processes of this one: some machines let networks be made and nothing through them. */
async function begun(members: number): Promise<{ network: Network | null; servers: NatsServers }> {
  const network = Network.create(SERVERS + members);
  if (network === null) return { network, servers: await NatsServers.start(SERVERS) };
  try {
    return { network, servers: await NatsServers.start(SERVERS, "", network.hosts.slice(0, SERVERS)) };
  } catch (error) {
    network[Symbol.dispose]();
    console.warn(`no host is cut off in these tests: ${error}`);
    return { network: null, servers: await NatsServers.start(SERVERS) };
  }
}
