// What does an index on several machines take in and find, and how long does a member take to join? Servers and members are
// processes on this machine, which share its cores. The program of a child process.

import { NatsServers } from "../../../tests/support/nats-servers.ts";
import { type Percentiles, percentiles } from "../../kit/statistics.ts";
import { Member } from "./members.ts";

/** Calls that each member has under way: what comes together shares a message. */
export const CALLERS = [1, 16, 256] as const;
const FEWER = { 1: 20, 16: 4, 256: 1 } as const;
const PROBES = 50;

export interface LoadTask {
  kind: "load";
  replicas: 1 | 3;
  members: number;
  /** Ops of all members together, with most callers. */
  n: number;
}

export interface JoinTask {
  kind: "join";
  replicas: 1 | 3;
  /** Vectors in the cluster. */
  n: number;
}

export type ClusterTask = LoadTask | JoinTask;

export interface LoadMeasurement {
  writes: { callers: number; perSecond: number; latencyMs: Percentiles; opsOfAMessage: number }[];
  /** By all members together, one caller each. */
  searchesPerSecond: number;
  searchMs: Percentiles;
  /** Of one that asks the log for the latest first. */
  latestMs: Percentiles;
  /** From the acknowledgement at one member until another has applied it, at most, while a third of the callers go on writing; −1 with one. */
  lagMs: number;
}

export interface JoinMeasurement {
  fillMs: number;
  /** Until a member that joins has all of it: from the log, and from a snapshot. */
  fromLogMs: number;
  fromSnapshotMs: number;
  snapshotMs: number;
}

export type ClusterMeasurement = LoadMeasurement | JoinMeasurement;

async function load({ replicas, members: count, n }: LoadTask): Promise<LoadMeasurement> {
  await using servers = await NatsServers.start(replicas);
  await using stack = new AsyncDisposableStack();
  const members = await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      return stack.use(await Member.open({ servers: servers.urls, replicas, number }));
    }),
  );
  const all = <T>(call: (member: Member) => Promise<T>) => Promise.all(members.map(call));
  await all((member) => member.call("write", 200, 16)); // warm
  const writes: LoadMeasurement["writes"] = [];
  for (const callers of CALLERS) {
    const each = Math.ceil(n / FEWER[callers] / count);
    const before = await members[0]!.call("applied");
    const start = performance.now();
    const waits = (await all((member) => member.call("write", each, callers))).flat();
    const seconds = (performance.now() - start) / 1e3;
    await all((member) => member.call("flush"));
    const messages = (await members[0]!.call("applied")) - before;
    const ops = each * count;
    writes.push({ callers, perSecond: ops / seconds, latencyMs: percentiles(waits), opsOfAMessage: ops / messages });
  }
  const lagMs = count === 1 ? -1 : await lag(members, n);
  const searches = Math.max(200, Math.ceil(n / 10));
  const start = performance.now();
  const found = (await all((member) => member.call("search", searches, "any"))).flat();
  const seconds = (performance.now() - start) / 1e3;
  const latest = await members[0]!.call("search", 200, "latest");
  return {
    ...{ writes, lagMs, searchesPerSecond: (searches * count) / seconds },
    ...{ searchMs: percentiles(found), latestMs: percentiles(latest) },
  };
}

/** The median, while the first member writes. */
async function lag(members: readonly Member[], n: number): Promise<number> {
  const [writer, reader] = [members[0]!, members[1]!];
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await writer.call("write", Math.ceil(n / 20), 16);
  })();
  const waits: number[] = [];
  for (let i = 0; i < PROBES; i++) {
    const { position, at } = await writer.call("probe");
    waits.push(Math.max(0, (await reader.call("reach", position as `${string}:${number}`)) - at));
  }
  isOver = true;
  await writing;
  return percentiles(waits).p50;
}

async function join({ replicas, n }: JoinTask): Promise<JoinMeasurement> {
  await using servers = await NatsServers.start(replicas);
  const setup = { servers: servers.urls, replicas };
  await using one = await Member.open({ ...setup, number: 0 });
  const fillMs = await one.call("fill", n);
  await one.call("flush");
  const joined = async (number: number) => {
    await using late = await Member.open({ ...setup, number });
    const size = await late.call("size");
    if (size !== n) throw new Error(`a member has joined with ${size} of ${n} vectors`);
    return await late.call("openedMs");
  };
  const fromLogMs = await joined(1);
  const snapshotMs = await one.call("checkpoint");
  return { fillMs, fromLogMs, snapshotMs, fromSnapshotMs: await joined(2) };
}

if (import.meta.main) {
  const task: ClusterTask = JSON.parse(process.argv[2] ?? "{}");
  console.log(JSON.stringify(task.kind === "load" ? await load(task) : await join(task)));
}
