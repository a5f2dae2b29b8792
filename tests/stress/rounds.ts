/*
 * One stress run, from its seed: an index with tiny limits, workers, two attached threads, random ops on all of them;
 * workers are ended and faults trap workers and callers during them. At the end everything is compared, in about every
 * third run with a folder as well, and taken down.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openWith } from "../../src/api/open.ts";
import type { VectorIndex } from "../../src/api/vector-index.ts";
import { bestVariant } from "../../src/core/build.ts";
import type { Incident, OpenOptions } from "../../src/options/open.ts";
import { FIELD_TYPES } from "../support/documents.ts";
import { until } from "../support/indexes.ts";
import { Actor, type Outcome, ownSpaces, type Role } from "./actor.ts";
import { Chance } from "./chance.ts";
import { LATE } from "./documents.ts";
import { addHits, CALLER_POINTS, type Hits, LOSING_POINTS, POINTS, WORKER_POINTS } from "./faults.ts";
import type { FromHelper, ToHelper } from "./helper.ts";
import { blocksLost, hasRetired, unrest } from "./memory.ts";

const HELPERS = 2;
const DURABILITIES = ["commit", "relaxed"] as const;
const RUN_MS_MAX = 60_000;
const KILLS_WITHOUT_WORK = 3; // the pool gives a worker up that ends more often without linking anything between

export interface Plan {
  seed: number;
  workers: number;
  ops: number;
  /** Points to prefer; none in particular when empty. */
  points: number[];
}

export interface Report {
  ops: number;
  wanted: number;
  found: number;
  hits: Hits;
  kills: number;
  /** Bytes that were lost to traps at LOSING_POINTS. */
  lost: number;
}

/** Throws with the seed and what was wrong. */
export async function play(plan: Plan): Promise<Report> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`seed ${plan.seed}: still running after ${RUN_MS_MAX} ms`)), RUN_MS_MAX);
  });
  try {
    return await Promise.race([new Round(plan).play(), deadline]);
  } catch (error) {
    const { message, stack } = error as Error;
    throw new Error(`seed ${plan.seed}, ${plan.workers} workers: ${message}\n${stack}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
}

class Round {
  private readonly plan: Plan;
  private readonly chance: Chance;
  private readonly hits: Hits = new Map();
  private readonly armed = new Map<number, number>(); // worker → point
  private readonly killedAt = new Map<number, { linked: number; row: number }>();
  private readonly killing = new Map<number, Promise<unknown>>();
  private readonly problems: string[] = [];
  private kills = 0;
  private mayLose = false;
  /** Whether threads trap; then the main thread may, while it repairs a worker. */
  private faults = false;
  private adding: Promise<void> | null = null;

  constructor(plan: Plan) {
    this.plan = plan;
    this.chance = new Chance(plan.seed, "round");
  }

  async play(): Promise<Report> {
    const { plan, chance } = this;
    const faults = chance.is(0.6) || plan.points.length > 0;
    this.faults = faults;
    const options = {
      dimensions: chance.between(4, 16),
      metric: chance.oneOf(["l2", "cosine", "dot"] as const),
      workers: plan.workers,
      partitions: chance.between(1, 2),
      M: 4,
      efConstruction: 16,
      flatBelow: 16,
      maxPending: plan.seed % 3 === 0 ? 256 : 64, // with more, what addMany adds is one portion, and larger
      seed: plan.seed,
      fields: FIELD_TYPES,
      quantization: chance.oneOf(["auto", "none"] as const),
      batching: { min: 2, max: 16, lowDepth: 4, highDepth: 32, bulk: 16 },
      stealing: { threshold: 4 },
      timeoutMs: 20_000,
      onIncident: (incident: Incident) => this.note(incident),
    };
    const variant = chance.oneOf([bestVariant(), "baseline", "baseline.ordered"] as const);
    const folder = chance.is(0.3) ? mkdtempSync(join(tmpdir(), "hnsw-workers-stress-")) : null;
    const kept = folder === null ? {} : { path: join(folder, "index"), durability: chance.oneOf(DURABILITIES) };
    const opened = await openWith({ ...options, ...kept }, { build: faults ? "debug" : "release", variant });
    const { index, seats } = opened;
    const role = (name: string): Role => ({
      name,
      seed: plan.seed,
      metric: options.metric,
      dimensions: options.dimensions,
      ops: plan.ops,
      faults: faults ? 0.05 : 0,
      points: this.points(plan.workers === 0 && name === "main" ? POINTS : CALLER_POINTS),
      churns: name === "main",
      others: ownSpaces("main"),
    });
    const main = new Actor(opened, role("main"), () => this.disturb(opened, faults));
    await main.prepare();
    const helpers = Array.from({ length: HELPERS }, () => new Helper());
    const outcomes: Outcome[] = [];
    try {
      const others = helpers.map((helper, i) =>
        helper.ask({ type: "start", ticket: index.attach(), role: role(`helper ${i}`) }),
      );
      const own = main.run().then(() => main.outcome());
      outcomes.push(...(await Promise.all([own, ...others])));
      await this.calm(opened);
      await this.fieldIsThere(index);
      await index.flush();
      const report = await index.check();
      if (!report.ok) this.problems.push(`check: ${report.unreachable} unreachable; ${report.problems.join("; ")}`);
      await main.verify();
      for (const helper of helpers) await helper.ask({ type: "verify" });
      for (const { traps, worker } of index.stats().workers)
        if (!faults && traps) this.problems.push(`worker ${worker} trapped`);
      this.rest(seats);
      if (folder !== null) await this.compareWithFolder(index, { ...options, path: join(folder, "index") });
      for (const helper of helpers) await helper.ask({ type: "leave" });
      await main.dropAll();
      for (const name of index.spaces()) await index.dropSpace(name);
      for (const { hits } of outcomes) addHits(this.hits, hits);
      const lost = await this.account(seats);
      if (this.problems.length > 0) throw new Error(this.problems.join("\n"));
      const sum = (figure: "ops" | "wanted" | "found") =>
        outcomes.reduce((total, outcome) => total + outcome[figure], 0);
      return { ops: sum("ops"), wanted: sum("wanted"), found: sum("found"), hits: this.hits, kills: this.kills, lost };
    } catch (error) {
      throw this.explained(error as Error, seats);
    } finally {
      await Promise.all(helpers.map((helper) => helper.end()));
      await index.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** A failure with what else was wrong, and what every partition looked like at that time. */
  private explained(error: Error, seats: Awaited<ReturnType<typeof openWith>>["seats"]): Error {
    const armed = Array.from(this.armed, ([worker, point]) => `worker ${worker} is armed with point ${point}`);
    const state = seats.flatMap((seat, partition) => unrest(seat, partition));
    const lines = [
      error.message,
      ...this.problems.filter((problem) => !error.message.includes(problem)),
      ...armed,
      ...state,
    ];
    return new Error(lines.join("\n"), { cause: error });
  }

  /** What a crash would leave now must make the same index. */
  private async compareWithFolder(index: VectorIndex, options: OpenOptions & { path: string }): Promise<void> {
    if (this.chance.is(0.5)) await index.checkpoint();
    await index.flush();
    const path = `${options.path} crashed`;
    cpSync(options.path, path, { recursive: true });
    const again = (await openWith({ ...options, path }, {})).index;
    const [wanted, found] = [await contentsOf(index), await contentsOf(again)];
    if (wanted !== found) this.problems.push(`the folder holds ${found}\ninstead of ${wanted}`);
    const report = await again.check();
    if (!report.ok) this.problems.push(`check of the folder: ${report.problems.join("; ")}`);
    await again.close();
  }

  private points(possible: number[]): number[] {
    const chosen = this.plan.points.filter((point) => possible.includes(point));
    return chosen.length > 0 && this.chance.is(0.7) ? chosen : possible;
  }

  // ── disturbances ──────────────────────────────────────────────────────────────────────────────────────────────────
  private disturb({ pool, index }: Awaited<ReturnType<typeof openWith>>, faults: boolean): void {
    const { chance } = this;
    if (this.adding === null && chance.is(0.02)) this.adding = index.addField(LATE, "number");
    if (pool === null) return;
    if (chance.is(0.03)) {
      const worker = chance.between(0, this.plan.workers - 1);
      const { linked, alive } = index.stats().workers[worker]!;
      const before = this.killedAt.get(worker);
      const row = before?.linked === linked ? before.row + 1 : 0;
      // Ending one that still loads can crash Bun (oven-sh/bun#41022).
      if (alive && !this.killing.has(worker) && row < KILLS_WITHOUT_WORK) {
        this.killedAt.set(worker, { linked, row });
        this.kills++;
        this.killing.set(
          worker,
          pool.kill(worker).finally(() => this.killing.delete(worker)),
        );
      }
    }
    if (!faults || !chance.is(0.15)) return;
    const worker = chance.between(0, this.plan.workers - 1);
    if (this.armed.has(worker)) return;
    const point = chance.oneOf(this.points(WORKER_POINTS));
    const partition = chance.between(0, index.options.partitions - 1);
    this.armed.set(worker, point);
    if (LOSING_POINTS.includes(point)) this.mayLose = true; // a trap in a worker's share of a searchMany is not reported
    pool.send(worker, { type: "fault", partition, point, countdown: chance.between(1, 4) });
  }

  private note({ worker, kind, message }: Incident): void {
    const point = this.armed.get(worker);
    this.armed.delete(worker);
    if (kind === "lost") this.problems.push(`worker ${worker} was lost: ${message}`);
    if (kind !== "trap" || (this.faults && message.startsWith("while its seat was repaired"))) return;
    if (point === undefined) this.problems.push(`worker ${worker} trapped by itself: ${message}`);
    else addHits(this.hits, [[point, 1]]);
  }

  /** No faults from here on, and every worker that was ended is there again. */
  private async calm({ pool, index }: Awaited<ReturnType<typeof openWith>>): Promise<void> {
    if (pool === null) return;
    await Promise.all(this.killing.values()); // until its end is known, one may seem alive
    const end = performance.now() + 15_000;
    while (index.stats().workers.some(({ alive }) => !alive)) {
      if (performance.now() > end) throw new Error("a worker did not come back");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (let worker = 0; worker < this.plan.workers; worker++) {
      for (let partition = 0; partition < index.options.partitions; partition++) {
        pool.send(worker, { type: "fault", partition, point: 0, countdown: 0 });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** What was added while faults trapped it is whole in the end. */
  private async fieldIsThere(index: VectorIndex): Promise<void> {
    if (this.adding === null) return;
    await this.adding;
    await until(() => index.fields[LATE]!.state === "ready", "the added field is ready");
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────
  private rest(seats: Awaited<ReturnType<typeof openWith>>["seats"]): void {
    for (const [partition, seat] of seats.entries()) {
      this.problems.push(...unrest(seat, partition));
      if (seat.core.holdsLocks() !== 0) this.problems.push(`partition ${partition}: the main thread holds a lock`);
    }
  }

  private async account(seats: Awaited<ReturnType<typeof openWith>>["seats"]): Promise<number> {
    const lost: number[] = [];
    for (const [partition, seat] of seats.entries()) {
      const end = performance.now() + 5000;
      while (hasRetired(seat) && performance.now() < end) {
        seat.core.tidy();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (hasRetired(seat)) this.problems.push(`partition ${partition}: memory still waits for a reader`);
      lost.push(...blocksLost(seat));
    }
    const mayLose = this.mayLose || LOSING_POINTS.some((point) => this.hits.has(point));
    if (lost.length > 0 && !mayLose) this.problems.push(`blocks of ${lost} bytes were lost`);
    return lost.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** Every space, key, vector and document, in words. */
async function contentsOf(index: VectorIndex): Promise<string> {
  const lines: string[] = [];
  for (const name of index.spaces().sort()) {
    const space = index.space(name);
    const entries: string[] = [];
    for await (const entry of space.entries({ include: ["vector", "metadata", "expiresAt"], now: 0 })) {
      const { key, vector, metadata, expiresAt } = entry;
      entries.push(`${typeof key} ${String(key)}: ${vector?.join()} ${JSON.stringify(metadata)} ${expiresAt}`);
    }
    lines.push(`${name}: ${entries.sort().join("; ")}`);
  }
  return lines.join("\n");
}

/** The main thread's end of an attached thread. */
class Helper {
  private readonly thread = new Worker(new URL("./helper.ts", import.meta.url));
  private left = false;

  async ask(message: ToHelper): Promise<Outcome> {
    const reply = await new Promise<FromHelper>((resolve, reject) => {
      this.thread.once("message", resolve);
      this.thread.once("error", reject);
      this.thread.postMessage(message);
    });
    if (reply.failure) throw new Error(reply.failure);
    this.left = message.type === "leave";
    return reply.outcome!;
  }

  /** It has left by itself, unless the run failed. */
  async end(): Promise<void> {
    if (!this.left) await this.thread.terminate();
  }
}
