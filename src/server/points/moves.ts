/*
 * How does a point come from one space into another, so that it is never lost and never there twice? What moves is written down
 * first, then the point is added where it belongs, then deleted where it was; each step is on the disk before the next. After a
 * crash, what is written down and has come where it belongs is deleted where it was; otherwise it never moved.
 */
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Key } from "../../values/keys.ts";
import { parse, print, type Value } from "../wire/json.ts";
import { groupedBy } from "./homes.ts";

/** Its one entry says what is on its way. Moves of a collection come one after the other, so one is enough. */
export const MOVING = "moving";
const ENTRY = 0;
const MOST_BYTES = 500_000;
const MOST_MOVES = 1024;

interface Move {
  id: Key;
  from: string;
  to: string;
}

/** In groups that can be written down at once. */
export function* inGroups<M extends Move>(moves: Iterable<M>): Generator<M[]> {
  let [group, bytes]: [M[], number] = [[], 0];
  for (const move of moves) {
    group.push(move);
    bytes += textOf(move).length * 3;
    if (bytes < MOST_BYTES && group.length < MOST_MOVES) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}

const textOf = ({ id, from, to }: Move) => print([id, from, to]);

/** `add`: of all of them, where they belong. */
export async function move(index: VectorIndex, moves: readonly Move[], add: () => Promise<void>): Promise<void> {
  const notes = index.space(MOVING);
  await notes.add(ENTRY, null, { moves: `[${moves.map(textOf).join()}]` });
  await add();
  await deleteWhereTheyWere(index, moves);
  await notes.delete(ENTRY);
}

async function deleteWhereTheyWere(index: VectorIndex, moves: Iterable<Move>): Promise<void> {
  const deleted = Array.from(
    groupedBy(moves, ({ from }) => from),
    ([from, some]) => index.space(from).deleteMany(some.map(({ id }) => id)),
  );
  await Promise.all(deleted);
}

/** Ends what a crash, or a move that failed, has left. No other write may be on its way. Resolves to what has moved. */
export async function settle(index: VectorIndex): Promise<Move[]> {
  const notes = index.space(MOVING);
  const entry = await notes.get(ENTRY, { include: ["metadata"] });
  if (entry === undefined) return [];
  const { moves } = entry.metadata as { moves: string };
  const came: Move[] = [];
  for (const [id, from, to] of parse(moves) as [id: Value & Key, from: string, to: string][]) {
    if (await index.space(to).has(id)) came.push({ id, from, to });
  }
  await deleteWhereTheyWere(index, came);
  await index.dropSpace(MOVING);
  return came;
}
