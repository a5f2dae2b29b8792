/* How far is an ingest? Clients name it when they begin, and ask for it by that name, also for a while after its end. */
import { wrongInput } from "../wire/refusals.ts";

export interface Progress {
  state: "running" | "done" | "failed";
  /** All lines up to this one are on the disk. */
  lines: number;
  points: number;
  /** Why it failed. */
  error?: string;
}

const MOST_KEPT = 1000;

export class Operations {
  private readonly known = new Map<string, Progress>();

  /** Throws Refusal while one of that name is running. */
  begin(collection: string, id: string): Progress {
    const name = nameOf(collection, id);
    if (this.known.get(name)?.state === "running") throw wrongInput(`the operation "${id}" is running already`);
    this.known.delete(name);
    for (const [old, { state }] of this.known) {
      if (this.known.size < MOST_KEPT) break;
      if (state !== "running") this.known.delete(old);
    }
    const progress: Progress = { state: "running", lines: 0, points: 0 };
    this.known.set(name, progress);
    return progress;
  }

  of(collection: string, id: string): Progress | undefined {
    return this.known.get(nameOf(collection, id));
  }
}

const nameOf = (collection: string, id: string) => JSON.stringify([collection, id]);
