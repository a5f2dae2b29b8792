/* What does a write-ahead log that was cut off look like, and what must an opening make of it? */
import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Workplace } from "./client.ts";
import { type KnownFolder, killedFolder, known, lastGroup, lastTransaction, look, writeMark } from "./folders.ts";
import { differenceOf } from "./model.ts";
import { opAt } from "./ops.ts";

const OPS = 60; // at least
const BEFORE_PAYLOAD = 64; // a row's header and other columns take fewer bytes

export interface CutFolder extends KnownFolder {
  /** What it held before the last group. */
  before: KnownFolder["content"];
  /** Where the last transaction begins and ends in the write-ahead log. */
  start: number;
  end: number;
  frameBytes: number;
  /** Where its row begins and ends there. */
  row: { start: number; end: number };
  /** Number of the last op of the group before. */
  lastBefore: number;
}

/** A folder whose process was killed at rest, with its last group in the write-ahead log: that of one add. */
export async function cutFolder(place: Workplace, seed: number): Promise<CutFolder> {
  let ops = OPS;
  while (opAt(seed, ops - 1, 1).kind !== "add") ops++; // a row that is one op
  const folder = await killedFolder(place, seed, ops, 1);
  const { first, payload } = await lastGroup(join(place.copy(folder.path, "read"), "journal.sqlite"));
  const log = join(folder.path, "journal.sqlite-wal");
  const transaction = lastTransaction(log);
  const at = readFileSync(log).indexOf(payload, transaction.start);
  const row = { start: at - BEFORE_PAYLOAD, end: at + payload.length };
  return { ...folder, ...transaction, row, lastBefore: first - 1, before: known(seed, ops - 1).content };
}

/** Where to cut: around every frame's header, every `stride` bytes, and every `rowStride` bytes of the row. */
export function cutsThrough({ start, end, frameBytes, row }: CutFolder, stride: number, rowStride = 1): number[] {
  const cuts = new Set([row.end]);
  for (let at = row.start; at < row.end; at += rowStride) cuts.add(at);
  for (let frame = start; frame < end; frame += frameBytes) {
    for (const at of [0, 1, 4, 8, 16, 23, 24, 25, frameBytes - 1]) cuts.add(frame + at);
  }
  for (let at = start; at < end; at += stride) cuts.add(at);
  return [...cuts].sort((a, b) => a - b);
}

/** Cuts a copy, with a mark that knows the last group or not. Resolves to what is wrong with what is opened, or null. */
export async function lookCut(
  place: Workplace,
  folder: CutFolder,
  bytes: number,
  mark: "behind" | "as it was",
): Promise<string | null> {
  const path = place.copy(folder.path, "cut");
  truncateSync(join(path, "journal.sqlite-wal"), bytes);
  if (mark === "behind") writeMark(join(path, "journal.mark"), [folder.lastBefore]);
  const { refusal, content, problems, unsound } = await look(folder.options, path);
  const isCut = bytes < folder.end;
  if (isCut && mark === "as it was") {
    return refusal?.code === "PATH_DAMAGED" ? null : `${refusal ?? "it was opened"}, not PATH_DAMAGED`;
  }
  if (refusal !== null) return String(refusal);
  const wrong = [...problems, ...unsound].join("; ");
  return differenceOf(content, isCut ? folder.before : folder.content) ?? (wrong === "" ? null : wrong);
}
