/*
 * How can a process on this machine be cut off as a host is? In a network namespace of its own, on a bridge: needs Linux, `ip`
 * and the rights to make them.
 */
import type { Host } from "../../support/nats-servers.ts";

export interface CutHost extends Host {
  /** Its packets go nowhere, and it gets none; connections stay as they are. */
  cut(): void;
  join(): void;
}

export class Network implements Disposable {
  readonly hosts: CutHost[] = [];
  private readonly name = `hw${process.pid}`;

  private constructor(count: number) {
    const subnet = `10.77.${process.pid % 250}`;
    ip("link", "add", this.name, "type", "bridge");
    ip("addr", "add", `${subnet}.254/24`, "dev", this.name);
    ip("link", "set", this.name, "up");
    for (let i = 0; i < count; i++) this.hosts.push(this.add(i, `${subnet}.${i + 1}`));
  }

  /** Null where this machine does not allow it. */
  static create(count: number): Network | null {
    const probe = `hw${process.pid}probe`;
    if (process.platform !== "linux" || Bun.which("ip") === null) return null;
    if (!Bun.spawnSync(["ip", "netns", "add", probe], { stderr: "ignore" }).success) return null;
    ip("netns", "del", probe);
    return new Network(count);
  }

  private add(i: number, address: string): CutHost {
    const [space, link] = [`${this.name}-${i}`, `${this.name}v${i}`];
    ip("netns", "add", space);
    ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
    ip("link", "set", link, "master", this.name, "up");
    ip("-n", space, "addr", "add", `${address}/24`, "dev", "eth0");
    ip("-n", space, "link", "set", "eth0", "up");
    ip("-n", space, "link", "set", "lo", "up");
    return {
      address,
      command: (...words) => ["ip", "netns", "exec", space, ...words],
      cut: () => ip("link", "set", link, "down"),
      join: () => ip("link", "set", link, "up"),
    };
  }

  [Symbol.dispose](): void {
    for (const i of this.hosts.keys()) {
      ip("link", "del", `${this.name}v${i}`);
      ip("netns", "del", `${this.name}-${i}`);
    }
    ip("link", "del", this.name);
  }
}

function ip(...words: string[]): void {
  const { success, stderr } = Bun.spawnSync(["ip", ...words], { stderr: "pipe" });
  if (!success) throw new Error(`ip ${words.join(" ")}: ${stderr}`);
}
