/*
 * How can a process on this machine be cut off as a host is? In a network namespace of its own, on a bridge: needs Linux, `ip`
 * and the rights to make them.
 */
import { existsSync } from "node:fs";
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
    removeLeftovers();
    const subnet = freeSubnet();
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

/** What runs that were killed have left: a host of theirs would take the packets for one of ours with its address. */
function removeLeftovers(): void {
  const isLeft = (pid: string) => !existsSync(`/proc/${pid}`);
  const links = ip("-o", "link", "show").matchAll(/ (hw(\d+)(?:v\d+)?)[:@]/g);
  for (const [, link, pid] of links) if (isLeft(pid!)) ip("link", "del", link!);
  const spaces = ip("netns", "list").matchAll(/^hw(\d+)-\d+/gm);
  for (const [space, pid] of spaces) if (isLeft(pid!)) ip("netns", "del", space);
}

/** The beginning of 254 addresses that this machine sends to none of its networks. */
function freeSubnet(): string {
  const taken = ip("-o", "-4", "addr", "show") + ip("-o", "-4", "route", "show", "table", "all");
  while (true) {
    const subnet = `10.77.${Math.floor(Math.random() * 256)}`;
    if (!taken.includes(`${subnet}.`)) return subnet;
  }
}

function ip(...words: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync(["ip", ...words], { stderr: "pipe" });
  if (!success) throw new Error(`ip ${words.join(" ")}: ${stderr}`);
  return stdout.toString();
}
