/*
 * What do the clients of the crash tests do? A stream of ops from a seed: op i is the same in every process, so the one
 * that dies and the one that knows what must be in the folder exchange only numbers.
 *
 * An op is steps on single keys, each with a vector and a document of its own: what is found in a folder shows which step
 * it is from.
 */
import type { Key, OpenOptions, Space, VectorIndex } from "../../../src/index.ts";
import { Chance } from "../../stress/chance.ts";

export type Document = { tag: string; size: number; op: number; patched?: number };

/** What is under a key. */
export interface Kept {
  vector: Float32Array | null;
  metadata: Document | undefined;
  expiresAt: number | undefined;
}

export type Patch = Partial<Document>;

/** One key's change (null: its deletion), or the drop of the whole space. */
export type Step = { key: Key; kept: Kept | null } | { key: Key; patch: Patch } | "drop";

export type Op =
  | { kind: "add" | "addMany" | "delete" | "deleteMany" | "update" | "drop"; space: string; steps: Step[] }
  /** A step for each entry with that tag, oldest first. They wait for all ops before them, so it is known which these are. */
  | { kind: "updateWhere"; space: string; tag: string; patch: Patch }
  | { kind: "deleteWhere"; space: string; tag: string }
  /** Nothing where the index has it already. Once it resolves, it is on the disk. */
  | { kind: "addField"; name: LateField }
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

export const FIELDS = { tag: "keyword", size: "number" } as const;
/** Those that indexes get while they are in use. */
export const LATE_FIELDS = { patched: "number", op: "number" } as const;
export type LateField = keyof typeof LATE_FIELDS;
export const TAGS = ["a", "b", "c", "d", "a tag that is long enough to be kept elsewhere"];
/** No run lasts until the first entry expires: clocks that are passed in decide what has. */
export const FIRST_EXPIRY = 4e12;
const EXPIRIES = 1000;

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
    fields: FIELDS,
  };
}

export function opAt(seed: number, i: number, dimensions: number): Op {
  const chance = new Chance(seed, `op ${i}`);
  const dice = chance.between(0, 999);
  if (dice < 40) return { kind: "checkpoint" };
  if (dice < 50) return { kind: "reopen" };
  if (dice < 60) return { kind: "flush" };
  if (dice < 65) return { kind: "addField", name: chance.oneOf(Object.keys(LATE_FIELDS) as LateField[]) };
  const [space, most] = chance.oneOf(SPACES);
  const vector = () => Float32Array.from({ length: dimensions }, () => chance.gaussian());
  const kept = (): Kept => {
    const hasDocument = chance.is(0.7);
    const metadata = hasDocument ? { tag: chance.oneOf(TAGS), size: chance.between(0, 9), op: i } : undefined;
    const expiresAt = chance.is(0.2) ? FIRST_EXPIRY + chance.between(0, EXPIRIES) : undefined;
    return { vector: vector(), metadata, expiresAt };
  };
  const patch = (): Patch => (chance.is(0.5) ? { patched: i } : { patched: i, tag: chance.oneOf(TAGS) });
  const keys = (count: number) =>
    [...new Set(Array.from({ length: count }, () => chance.between(0, most - 1)))].map((n) => keyOf(n));
  if (dice < 100) return { kind: "drop", space, steps: ["drop"] };
  if (dice < 200) return { kind: "delete", space, steps: keys(1).map((key) => ({ key, kept: null })) };
  if (dice < 260) {
    return { kind: "deleteMany", space, steps: keys(chance.between(1, 20)).map((key) => ({ key, kept: null })) };
  }
  if (dice < 280) return { kind: "updateWhere", space, tag: chance.oneOf(TAGS), patch: patch() };
  if (dice < 290) return { kind: "deleteWhere", space, tag: chance.oneOf(TAGS) };
  if (dice < 400) return { kind: "update", space, steps: keys(1).map((key) => ({ key, patch: patch() })) };
  if (dice >= 570) {
    // Many at once have one expiry, and all have a vector.
    const one = kept();
    if (chance.is(0.1) && one.metadata) one.vector = null;
    return { kind: "add", space, steps: keys(1).map((key) => ({ key, kept: one })) };
  }
  const expiresAt = kept().expiresAt;
  const steps = keys(chance.between(1, 40)).map((key) => ({ key, kept: { ...kept(), expiresAt } }));
  return { kind: "addMany", space, steps };
}

function keyOf(n: number): Key {
  if (n % 3 === 0) return n;
  return n % 3 === 1 ? `key ${n}` : BigInt(n);
}

let reused = new Float32Array(0);

/** Adds from an array that holds something else as soon as the call has returned. */
function addReused(space: Space, key: Key, { vector, metadata, expiresAt }: Kept): Promise<void> {
  if (vector === null) return space.add(key, null, metadata, { expiresAt });
  if (reused.length !== vector.length) reused = new Float32Array(vector.length);
  reused.set(vector);
  const adding = space.add(key, reused, metadata, { expiresAt });
  reused.fill(Number.NaN);
  return adding;
}

/** Fields that are being added by this process. */
const adding = new Map<LateField, Promise<void>>();

/** Two ops at once may add the same. */
async function addOnce(index: VectorIndex, name: LateField): Promise<void> {
  if (!(name in index.fields)) adding.set(name, adding.get(name) ?? index.addField(name, LATE_FIELDS[name]));
  await adding.get(name);
}

/** Calls the index. The client does reopenings itself. */
export async function carryOut(index: VectorIndex, op: Op): Promise<void> {
  if (op.kind === "checkpoint") return await index.checkpoint();
  if (op.kind === "flush") return await index.flush();
  if (op.kind === "reopen") throw new Error("the client reopens its index itself");
  if (op.kind === "addField") return await addOnce(index, op.name);
  const space = index.space(op.space);
  if (op.kind === "updateWhere" || op.kind === "deleteWhere") {
    if (op.kind === "updateWhere") await space.updateWhere({ tag: op.tag }, op.patch);
    else await space.deleteWhere({ tag: op.tag });
    return;
  }
  const steps = op.steps.filter((step) => step !== "drop");
  const keys = steps.map(({ key }) => key);
  const kept = steps.flatMap((step) => ("kept" in step && step.kept !== null ? [step.kept] : []));
  if (op.kind === "drop") await index.dropSpace(op.space);
  else if (op.kind === "update") await updateEach(space, steps);
  else if (op.kind === "add") await addReused(space, keys[0]!, kept[0]!);
  else if (op.kind === "delete") await space.delete(keys[0]!);
  else if (op.kind === "deleteMany") await space.deleteMany(keys);
  else {
    const vectors = kept.map(({ vector }) => vector!);
    const documents = kept.map(({ metadata }) => metadata);
    await space.addMany(keys, vectors, documents, { expiresAt: kept[0]!.expiresAt });
  }
}

async function updateEach(space: Space, steps: Exclude<Step, "drop">[]): Promise<void> {
  for (const step of steps) if ("patch" in step) await space.update(step.key, step.patch);
}

/** Whether it must be known what a space holds when the op begins: all ops before it end, and it ends before the next. */
export function isAlone({ kind }: Op): boolean {
  return kind === "flush" || kind === "reopen" || kind === "updateWhere" || kind === "deleteWhere";
}

/** The steps of an op on a space that holds this. */
export function stepsOf(op: Op, state: ReadonlyMap<Key, Kept>): Step[] {
  if ("steps" in op) return op.steps;
  if (op.kind !== "updateWhere" && op.kind !== "deleteWhere") return [];
  const keys = [...state].filter(([, { metadata }]) => metadata?.tag === op.tag).map(([key]) => key);
  return keys.map((key) => (op.kind === "deleteWhere" ? { key, kept: null } : { key, patch: op.patch }));
}
