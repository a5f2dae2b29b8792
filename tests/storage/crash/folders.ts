/* Folders for the damage tests: left by a process that was killed, with contents that are known exactly. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openWith } from "../../../src/api/open.ts";
import type { FieldType, HnswError, Key, OpenOptions } from "../../../src/index.ts";
import type { Group } from "../../../src/journal/log.ts";
import { GroupLog } from "../../../src/storage/log/group-log.ts";
import { MarkFile } from "../../../src/storage/log/mark.ts";
import { runClient, type Workplace } from "./client.ts";
import { apply, type Content, columnsOf, contentOf, isEntry } from "./model.ts";
import { FIELDS, type Kept, opAt, stepsOf } from "./ops.ts";

/** As `optionsOf`, but the same for every seed. */
export const OPTIONS = {
  dimensions: 5,
  metric: "l2",
  M: 4,
  efConstruction: 8,
  flatBelow: 16,
  seed: 7,
  fields: FIELDS,
} as const;

export interface KnownFolder {
  path: string;
  options: OpenOptions & { dimensions: number };
  content: Content;
  /** Every entry that a key ever had, by space: a salvage may bring back an older one, but no other. */
  history: Map<string, Map<Key, Kept[]>>;
}

/** Has a client carry out ops on a new folder, and kills it when all are acknowledged, with the folder open. */
export async function killedFolder(
  place: Workplace,
  seed: number,
  ops: number,
  partitions: number,
): Promise<KnownFolder> {
  const path = place.at(`known-${seed}`);
  const options = { ...OPTIONS, partitions, path };
  await extend(place, options, seed, 0, ops);
  return { path, options: { ...options, fields: await fieldsOf(options, place) }, ...known(seed, ops) };
}

/** The fields of a folder's index, with what `addField` has added: a salvage without a journal needs them. */
async function fieldsOf(options: KnownFolder["options"], place: Workplace): Promise<Record<string, FieldType>> {
  const { index } = await openWith({ ...options, path: place.copy(options.path!, "read"), workers: 0 }, {});
  const fields = Object.entries(index.fields).map(([name, { type }]) => [name, type] as const);
  await index.close();
  return Object.fromEntries(fields);
}

/** Lets another client open a folder, carry out more ops, and be killed. */
async function extend(place: Workplace, options: KnownFolder["options"], seed: number, from: number, to: number) {
  const job = { options: { ...options, workers: 0 }, seed, from, to, inFlight: 1, log: place.at("log") };
  const { by, lines, errors } = await runClient({ ...job, end: "wait" }, (line) => line === "d");
  if (by !== "us" || lines.some((line) => line.startsWith("x"))) {
    throw new Error(`the client failed: ${lines.filter((line) => line.startsWith("x"))} ${errors}`);
  }
}

/** What a folder holds after a seed's first ops. */
export function known(seed: number, ops: number): Pick<KnownFolder, "content" | "history"> {
  const content: Content = new Map();
  const history: KnownFolder["history"] = new Map();
  for (let i = 0; i < ops; i++) {
    const op = opAt(seed, i, OPTIONS.dimensions);
    if (!("space" in op)) continue;
    const state = content.get(op.space) ?? new Map();
    const ever = history.get(op.space) ?? new Map();
    content.set(op.space, state);
    history.set(op.space, ever);
    for (const step of stepsOf(op, state)) {
      apply(state, step);
      const kept = step === "drop" ? undefined : state.get(step.key);
      if (step !== "drop" && kept !== undefined) ever.set(step.key, [...(ever.get(step.key) ?? []), kept]);
    }
  }
  return { content, history };
}

/** What `open` makes of a folder: its contents, or the refusal. */
export interface Looked {
  refusal: HnswError | null;
  content: Content;
  /** What `recovery` reported, and what `check` found. */
  problems: string[];
  unsound: string[];
}

/** Opens a folder, reads everything, and closes it. */
export async function look(options: OpenOptions, path: string): Promise<Looked> {
  try {
    const { index } = await openWith({ ...options, path, workers: 0 }, {});
    const content = await contentOf(index);
    const { unreachable, problems: unfit } = await index.check();
    const problems = [...unfit, ...(await columnsOf(index, content))];
    const found = { refusal: null, content, problems: index.recovery!.problems };
    await index.close();
    return { ...found, unsound: unreachable > 0 ? [...problems, `${unreachable} can't be reached`] : problems };
  } catch (error) {
    return { refusal: error as HnswError, content: new Map(), problems: [], unsound: [] };
  }
}

/** An entry that a key holds and never had, in words, or null. */
export function inventedIn(content: Content, { history }: KnownFolder): string | null {
  for (const [name, entries] of content) {
    for (const [key, kept] of entries) {
      const ever = history.get(name)?.get(key) ?? [];
      if (ever.some((known) => isEntry(known, kept))) continue;
      return `${name} holds ${kept.vector} with ${JSON.stringify(kept.metadata)} under ${String(key)}`;
    }
  }
  return null;
}

// ── the files ───────────────────────────────────────────────────────────────────────────────────────────────────────
/** Every file of a folder that holds data, by its name in the folder. */
export function filesOf(path: string): string[] {
  const inside = existsSync(join(path, "snapshots")) ? readdirSync(join(path, "snapshots")) : [];
  return [...readdirSync(path).filter((name) => name !== "snapshots"), ...inside.map((name) => `snapshots/${name}`)];
}

const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** Where the last transaction of a write-ahead log begins and ends, by its frames that end one. */
export function lastTransaction(wal: string): { start: number; end: number; frameBytes: number } {
  const bytes = readFileSync(wal);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frameBytes = FRAME_HEADER + words.getUint32(8);
  let [start, end] = [WAL_HEADER, WAL_HEADER];
  for (let at = WAL_HEADER; at + frameBytes <= bytes.length; at += frameBytes) {
    // Frames left from before the last checkpoint have other salts.
    const isOld = words.getBigUint64(at + 8) !== words.getBigUint64(16);
    if (isOld) break;
    const endsTransaction = words.getUint32(at + 4) !== 0;
    if (endsTransaction) [start, end] = [end, at + frameBytes];
  }
  return { start, end, frameBytes };
}

/** The last group of a journal of one partition. */
export async function lastGroup(journal: string): Promise<Group> {
  const log = await GroupLog.open(journal);
  const groups = Array.from(log.readFrom(0));
  log.close();
  return groups.at(-1) as Group;
}

/** Writes a mark with these numbers. */
export function writeMark(path: string, numbers: number[]): void {
  const mark = new MarkFile(path, numbers.length);
  mark.write((partition) => numbers[partition]!);
  mark.close();
}
