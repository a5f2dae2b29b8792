// Did a change of the core pay? Two builds link the same set and run the same queries, piece by piece in turn in one
// process, by its processor time: even a machine whose speed drifts by a third, or that others use, shows a difference of 2 %.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as calls from "../../../src/core/calls.ts";
import { Seat } from "../../../src/core/seat.ts";
import type { Hit } from "../../../src/index.ts";
import { countOf, type Dataset, loadDataset, TRUTH_K } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { linkClaims } from "../../kit/bare-core.ts";
import type { Options } from "../../kit/options.ts";
import { spread } from "../../kit/statistics.ts";
import { section } from "./page.ts";

const OWN = join(import.meta.dir, "../../../build/core.release.relaxed.wasm");
/** What a quick run compares with, for want of another build: the one that needs no relaxed SIMD. */
const BASELINE = join(import.meta.dir, "../../../build/core.release.baseline.wasm");
const PIECE = 1000; // slots that one build links before the other takes its turn
const QUERIES = 50; // that one build searches for before the other does
/** Every other piece is offered to be linked together, as an `addMany` of its size would be; builds without that link it like the others. */
const TOGETHER = 1;
const BATCH = 500;
const EF = 64;
/** While the graphs are small, nothing waits for memory: only what comes after this share of the set is compared. */
const SKIPPED_SHARE = 0.25;

export const core: Experiment = {
  ...section,
  question: "did a change of the core pay? This build against another one (--against FILE) in one process",
  quick: ["--n", "30000", "--repeats", "2", "--against", BASELINE],
  run,
};

const processorMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e3;

/** One build's partition with one space. */
interface Side {
  seat: Seat;
  space: calls.SpaceAt;
  linkMs: number[];
  searchMs: number[];
  recall: number;
}

async function run({ n, sets, repeats, against }: Options): Promise<object> {
  if (against === null) throw new Error("core compares with another build: name its file with --against");
  if (!existsSync(against)) throw new Error(`there is no build at ${against}`);
  const results: object[] = [];
  for (const set of sets) {
    const data = await loadDataset(set, countOf(set, n));
    const sides = [await openSide(against, data), await openSide(OWN, data)];
    const [first, second] = sides as [Side, Side];
    for (let from = 0, turn = 0; from < data.n; from += PIECE, turn++) {
      const isTogether = turn % 2 === TOGETHER;
      for (const side of inTurn(sides, turn >> 1))
        linkPiece(side, data, from, Math.min(data.n, from + PIECE), isTogether);
    }
    for (let pass = 0; pass <= repeats; pass++) searchAll(sides, data, pass > 0);
    const skipped = Math.floor(first.linkMs.length * SKIPPED_SHARE);
    const ratios = second.linkMs.map((ms, i) => ms / (first.linkMs[i] as number)).slice(skipped - (skipped % 2));
    const link = spread(ratios.filter((_, i) => i % 2 !== TOGETHER));
    const ofPortions = ratios.filter((_, i) => i % 2 === TOGETHER);
    const together = spread(ofPortions.length > 0 ? ofPortions : ratios); // a quick run has a single piece
    const search = spread(second.searchMs.map((ms, i) => ms / (first.searchMs[i] as number)));
    const bytes = sides.map(({ seat }) => calls.partitionInfo(seat).used / data.n);
    results.push({ set, n: data.n, link, together, search, recalls: [first.recall, second.recall], bytes });
  }
  return { against, results };
}

function inTurn<T>(sides: T[], turn: number): T[] {
  return turn % 2 === 0 ? sides : sides.toReversed();
}

async function openSide(path: string, { dimensions }: Dataset): Promise<Side> {
  const module = await WebAssembly.compile(readFileSync(path));
  const settings = { dimensions, metric: "cosine", M: 16, efConstruction: 32, seed: 1, flatBelow: 1000 } as const;
  const limits = { maxPending: 1e9, partitionLimit: 2 ** 32 - 2 * 65536, quantization: "auto" } as const;
  const seat = Seat.create(module, { ...settings, ...limits }, 0, true);
  const space = calls.makeSpace(seat, seat.putKey("bench"), 0) as calls.SpaceAt;
  return { seat, space, linkMs: [], searchMs: [], recall: 0 };
}

function linkPiece(
  { seat, space, linkMs }: Side,
  { base }: Dataset,
  from: number,
  to: number,
  isTogether: boolean,
): void {
  const { needed, offer } = calls.reserve(seat, space, to - from, 0, 0, isTogether ? to - from : 0);
  for (let i = from; i < to; ) {
    const count = Math.min(seat.intake, to - i);
    seat.putVectors(base, i, count);
    for (let j = 0; j < count; j++, i++) calls.add(seat, space, seat.putKey(i), j);
  }
  calls.unreserve(seat, needed, space, offer);
  const start = processorMs();
  while (calls.claim(seat, 0, BATCH, false) > 0) linkClaims(seat, BATCH);
  linkMs.push(processorMs() - start);
}

/** Every query once by each side. */
function searchAll(sides: Side[], data: Dataset, timed: boolean): void {
  const spent = sides.map(() => 0);
  for (let from = 0, turn = 0; from < data.queryCount; from += QUERIES, turn++) {
    const to = Math.min(data.queryCount, from + QUERIES);
    for (const side of inTurn(sides, turn)) spent[sides.indexOf(side)]! += searchPiece(side, data, from, to, timed);
  }
  if (timed) for (const [i, side] of sides.entries()) side.searchMs.push(spent[i]!);
}

function searchPiece(
  side: Side,
  { queries, queryCount, truth }: Dataset,
  from: number,
  to: number,
  timed: boolean,
): number {
  const { seat, space } = side;
  const start = processorMs();
  for (let i = from; i < to; i++) {
    seat.putVectors(queries, i, 1);
    const hits = calls.search(seat, space, TRUTH_K, EF) as Hit[];
    if (timed) continue;
    const wanted = truth.subarray(i * TRUTH_K, (i + 1) * TRUTH_K);
    side.recall += hits.filter(({ key }) => wanted.includes(key as number)).length / (queryCount * TRUTH_K);
  }
  return processorMs() - start;
}
