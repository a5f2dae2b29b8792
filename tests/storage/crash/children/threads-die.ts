/*
 * A process whose threads are ended, one after the other, while ops are acknowledged. Prints "passed", or throws. It is
 * a process of its own, since ending a worker can crash Bun itself.
 */
import { rmSync } from "node:fs";
import { JOURNAL_STUCK } from "../../../../assembly/layout.ts";
import { openWith } from "../../../../src/api/open.ts";
import type { Opened } from "../../../../src/api/start.ts";
import type { Key, VectorIndex } from "../../../../src/index.ts";
import { JournalBoard } from "../../../../src/journal/board.ts";
import { until } from "../../../support/indexes.ts";
import { OPTIONS } from "../folders.ts";
import { contentOf, differenceOf } from "../model.ts";
import type { Kept } from "../ops.ts";

const SPACES = ["a", "b"];
const options = { ...OPTIONS, workers: 2, partitions: 2, timeoutMs: 20_000 };

function vector(i: number): Float32Array {
  return Float32Array.from({ length: OPTIONS.dimensions }, (_, j) => Math.sin(i * 31 + j));
}

function plain(vector: Float32Array): Kept {
  return { vector, metadata: undefined, expiresAt: undefined };
}

/** Adds under new keys, and deletes some, until it is stopped; every op is acknowledged before the next. */
class Client {
  readonly content = new Map<Key, Kept>();
  ops = 0;
  stopping = false;
  private readonly running: Promise<void>;

  constructor(index: VectorIndex, name: string) {
    this.running = this.run(index, name);
  }

  private async run(index: VectorIndex, name: string): Promise<void> {
    const space = index.space(name);
    for (let i = 0; !this.stopping; i++) {
      const keys = [i % 500, 1000 + (i % 300), `key ${i % 200}`];
      await space.add(keys[0]!, vector(i));
      await space.addMany(keys.slice(1), [vector(i + 1), vector(i + 2)]);
      for (const [j, key] of keys.entries()) this.content.set(key, plain(vector(i + j)));
      if (i % 7 === 6) {
        await space.delete(keys[0]!);
        this.content.delete(keys[0]!);
      }
      this.ops++;
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function end({ index, keeper, pool }: Opened, who: "worker" | "journal" | "snapshots"): Promise<void> {
  if (who === "worker") {
    await pool!.kill(0);
    return await until(() => index.stats().workers[0]!.alive, "the worker is replaced");
  }
  const restarts = index.stats().journal!.restarts;
  const pending =
    who === "snapshots"
      ? index.checkpoint().then(
          () => "done",
          (error) => error.code,
        )
      : null;
  await keeper!.kill(who);
  await until(() => index.stats().journal!.restarts > restarts, `the ${who} thread is replaced`);
  if (pending === null) return;
  const outcome = await pending;
  expect(outcome === "SNAPSHOT_FAILED" || outcome === "done", `the checkpoint ended with ${outcome}`);
  await until(
    () =>
      index.checkpoint().then(
        () => true,
        () => false,
      ),
    "the next checkpoint works",
  );
}

/** Leaves what a journal thread leaves that ends between two of its steps: the next one continues from there. */
async function endBetweenSteps({ index, seats, keeper }: Opened, board: JournalBoard): Promise<void> {
  await index.flush();
  for (const [partition, { core }] of seats.entries()) {
    core.setJournalState(JOURNAL_STUCK);
    board.setDurable(partition, 0); // the disk has more, unreported
  }
  await keeper!.kill("journal");
  await until(
    () =>
      index
        .space("a")
        .add("x", vector(1))
        .then(
          () => true,
          () => false,
        ),
    "ops are accepted again",
  );
  await index.flush();
}

async function run(path: string, rounds: number): Promise<void> {
  rmSync(path, { recursive: true, force: true });
  const opened = await openWith({ ...options, path, onIncident: () => {} }, {});
  const { index } = opened;
  const clients = SPACES.map((name) => new Client(index, name));
  for (let round = 0; round < rounds; round++) {
    for (const who of ["journal", "snapshots", "worker"] as const) {
      const before = clients.map(({ ops }) => ops);
      await until(() => clients.every(({ ops }, i) => ops > before[i]! + 3), "ops are acknowledged");
      await end(opened, who);
      const after = clients.map(({ ops }) => ops);
      await until(() => clients.every(({ ops }, i) => ops > after[i]! + 3), `ops are acknowledged without the ${who}`);
    }
  }
  await Promise.all(clients.map((client) => client.stop()));
  const content = new Map(SPACES.map((name, i) => [name, clients[i]!.content]));
  await endBetweenSteps(opened, new JournalBoard(opened.shared.journal!));
  content.get("a")!.set("x", plain(vector(1)));
  await index.close();

  const again = (await openWith({ ...options, path }, {})).index;
  expect(again.recovery!.problems.length === 0, `problems: ${again.recovery!.problems}`);
  const difference = differenceOf(await contentOf(again), content);
  expect(difference === null, `reopened: ${difference}`);
  const report = await again.check();
  expect(report.ok, `check: ${report.problems} ${report.unreachable}`);
  await again.close();
  console.log("passed");
}

await run(process.argv[2]!, Number(process.argv[3]));
