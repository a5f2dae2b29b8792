/*
 * What do the clients of the crash tests do? A stream of ops from a seed: op i is the same in every process, so the one
 * that dies and the one that knows what must be in the folder exchange only numbers.
 *
 * An op is steps on single keys, each with a vector of its own: what is found in a folder shows which step it is from.
 */
import type { Key, OpenOptions, Space, VectorIndex } from "../../../src/index.ts";
import { Chance } from "../../stress/chance.ts";

/** One key's change, or the drop of the whole space. */
export type Step = { key: Key; vector: Float32Array | null } | "drop";

export type Op =
  | { kind: "add" | "addMany" | "delete" | "deleteMany" | "drop"; space: string; steps: Step[] }
  /** Once these resolve, everything before them is on the disk. A flush and a reopening wait for all ops before them. */
  | { kind: "flush" }
  | { kind: "reopen" }
  | { kind: "checkpoint" };

/** Spaces by name, with how many keys each may hold: the first stays flat with `flatBelow` 16. */
const SPACES: [name: string, keys: number][] = [
  ["flat", 12],
  ["small", 40],
  ["b", 150],
  ["c", 150],
  ["ü 𝛼", 90],
];
export const SPACE_NAMES = SPACES.map(([name]) => name);

/** The options that a folder is created with. */
export function optionsOf(seed: number): OpenOptions & { dimensions: number; partitions: number } {
  const chance = new Chance(seed, "options");
  return {
    dimensions: chance.oneOf([2, 5, 8]),
    metric: chance.oneOf(["cosine", "l2", "dot"] as const),
    partitions: chance.between(1, 2),
    durability: chance.is(0.25) ? "relaxed" : "commit",
    flatBelow: 16,
    M: 4,
    efConstruction: 8,
    seed,
    snapshotAfterBytes: 2 ** 20,
  };
}

export function opAt(seed: number, i: number, dimensions: number): Op {
  const chance = new Chance(seed, `op ${i}`);
  const dice = chance.between(0, 999);
  if (dice < 40) return { kind: "checkpoint" };
  if (dice < 50) return { kind: "reopen" };
  if (dice < 60) return { kind: "flush" };
  const [space, most] = chance.oneOf(SPACES);
  const vector = () => Float32Array.from({ length: dimensions }, () => chance.gaussian());
  const keys = (count: number) =>
    [...new Set(Array.from({ length: count }, () => chance.between(0, most - 1)))].map((n) => keyOf(n));
  if (dice < 100) return { kind: "drop", space, steps: ["drop"] };
  if (dice < 250) return { kind: "delete", space, steps: keys(1).map((key) => ({ key, vector: null })) };
  if (dice < 320) {
    return { kind: "deleteMany", space, steps: keys(chance.between(1, 20)).map((key) => ({ key, vector: null })) };
  }
  const count = dice < 500 ? chance.between(1, 40) : 1;
  return {
    kind: dice < 500 ? "addMany" : "add",
    space,
    steps: keys(count).map((key) => ({ key, vector: vector() })),
  };
}

function keyOf(n: number): Key {
  if (n % 3 === 0) return n;
  return n % 3 === 1 ? `key ${n}` : BigInt(n);
}

let reused = new Float32Array(0);

/** Adds from an array that holds something else as soon as the call has returned. */
function addReused(space: Space, key: Key, vector: Float32Array): Promise<void> {
  if (reused.length !== vector.length) reused = new Float32Array(vector.length);
  reused.set(vector);
  const adding = space.add(key, reused);
  reused.fill(Number.NaN);
  return adding;
}

/** Calls the index. The client does reopenings itself. */
export async function carryOut(index: VectorIndex, op: Op): Promise<void> {
  if (op.kind === "checkpoint") return await index.checkpoint();
  if (op.kind === "flush") return await index.flush();
  if (op.kind === "reopen") throw new Error("the client reopens its index itself");
  const space = index.space(op.space);
  const steps = op.steps.filter((step) => step !== "drop");
  const keys = steps.map(({ key }) => key);
  if (op.kind === "drop") await index.dropSpace(op.space);
  else if (op.kind === "add") await addReused(space, keys[0]!, steps[0]!.vector!);
  else if (op.kind === "delete") await space.delete(keys[0]!);
  else if (op.kind === "deleteMany") await space.deleteMany(keys);
  else {
    await space.addMany(
      keys,
      steps.map(({ vector }) => vector!),
    );
  }
}
