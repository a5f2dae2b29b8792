/*
 * What does a skewed load look like? Nine of ten vectors go to one space, so one worker's queue grows and others steal from
 * it. It runs for a minute at the most, over a bounded number of keys, in a collection of its own.
 */
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Store } from "../../store/store.ts";
import { Refusal } from "../wire/refusals.ts";
import { SPACE } from "./tenants.ts";

export const DEMO = "demo";
const DIMENSIONS = 64;
const CLUSTERS = 8;
const BATCH = 500;
const KEYS = 20_000; // of the busy space; then its vectors are replaced
const OTHERS = 9; // spaces that share a tenth of the load
const LASTS_MS = 60_000;
const PENDING = 4000; // what may wait for workers before the load waits for them

export class Demo {
  private ends = 0;
  private running: Promise<void> | null = null;

  constructor(private readonly store: Store) {}

  get isRunning(): boolean {
    return this.running !== null;
  }

  /** Resolves once the collection is there. Rejects with Refusal where its name belongs to another one. */
  async start(): Promise<void> {
    this.ends = Date.now() + LASTS_MS;
    if (this.running !== null) return;
    const known = this.store.list().find(({ name }) => name === DEMO);
    if (known === undefined)
      await this.store.create(DEMO, { dimensions: DIMENSIONS, metric: "l2", note: { demo: true } });
    else if ((known.note as { demo?: boolean } | null)?.demo !== true) {
      throw new Refusal(409, `Wrong input: there is a collection \`${DEMO}\` that is not the demo's`);
    }
    this.running ??= this.store
      .use(DEMO, (index) => this.load(index))
      .catch(() => {}) // the store was closed, or memory is full: the load ends
      .finally(() => {
        this.running = null;
      });
  }

  async stop(): Promise<void> {
    this.ends = 0;
    await this.running;
  }

  private async load(index: VectorIndex): Promise<void> {
    const [busy, ...others] = [SPACE, ...Array.from({ length: OTHERS }, (_, i) => `tenant-${i}`)].map((name) =>
      index.space(name),
    ) as [Space, ...Space[]];
    for (let n = 0; Date.now() < this.ends; n++) {
      const tenth = Math.floor(n / 10);
      if (n % 10 === 9) await add(others[tenth % OTHERS]!, tenth * BATCH);
      else await add(busy, (n - tenth) * BATCH);
      while (depthOf(index) > PENDING && Date.now() < this.ends)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const depthOf = (index: VectorIndex) => index.stats().workers.reduce((sum, { queueDepth }) => sum + queueDepth, 0);

async function add(space: Space, first: number): Promise<void> {
  const keys = Array.from({ length: BATCH }, (_, i) => (first + i) % KEYS);
  const documents = keys.map((key) => ({ cluster: `cluster ${key % CLUSTERS}`, batch: Math.floor(first / BATCH) }));
  await space.addMany(keys, keys.map(vectorOf), documents);
}

/** Around a centre per cluster. */
function vectorOf(key: number): Float32Array {
  const cluster = key % CLUSTERS;
  return Float32Array.from({ length: DIMENSIONS }, (_, d) => {
    return Math.sin((cluster + 1) * (d + 3)) * 2 + Math.sin(key * 12.9898 + d * 78.233) * 0.8 + Math.random() * 0.2;
  });
}
