/* How wide does a search walk so that it finds the share of the nearest that was asked for, and what was measured of that? */
import { MEASURED_SHARES } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Asked } from "../options/search.ts";
import { type Choice, choose, EXACT_EF, LOWEST_EF, type Measured, REPORTED_KS, recallAt } from "../recall/curve.ts";
import { STORED } from "../recall/due.ts";
import { type MeasureJob, measure } from "../recall/measure.ts";
import { decodeNotes } from "../recall/notes.ts";
import { RecentSearches } from "../recall/searches.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import type { RecallReport, SpaceStats } from "../values/reports.ts";
import type { Host } from "./host.ts";
import type { FoundFigures } from "./list-spaces.ts";
import { read } from "./query.ts";

/** A search whose ef is settled; above MAX_EF it compares every vector. */
export interface Settled extends Asked {
  ef: number;
  /** BY_BEAM or IN_F32. */
  beam: number;
  /** Whether the ef was given. */
  isGiven: boolean;
}

/** What this thread knows of a graph's recall. */
interface Known {
  /** Of the notes that it has read. */
  version: number;
  measured: Measured | null;
  /** The last choice, and what it was made for. */
  last: { k: number; recall: number; live: number; choice: Choice } | null;
  /** null before the first. */
  searches: RecentSearches | null;
}

/** Goes with the thread's reference to a space, so with the space. */
const known = new WeakMap<calls.SpaceRef, Known>();

const LOWEST: Choice = { ef: LOWEST_EF, inF32: false };
const GROWN = 1.05; // a choice serves until the space is larger by so much

/** Queries that came on a thread, of its spaces that are still there: how many were kept, and by partition and address. */
interface Searched {
  kept: number;
  spaces: Map<string, WeakRef<calls.SpaceRef>>;
}

const searched = new WeakMap<Host, Searched>();
const placeOf = (partition: number, { address }: calls.SpaceAt) => `${partition}:${address}`;

/**
 * Settles how wide a search of that space walks: with the ef that was given, or with what its recall takes. `query`: it is
 * kept, perhaps, to be measured with.
 */
export function settle(host: Host, space: string, asked: Asked, query?: NumberArray): Settled {
  if (asked.ef !== null) return { ...asked, ef: asked.ef, beam: calls.BY_BEAM, isGiven: true };
  const ref = host.find(space);
  const { ef, inF32 } = ref === null || ref === calls.AGAIN ? LOWEST : choiceFor(host, ref, asked, query);
  return { ...asked, ef: Math.max(asked.k, ef), beam: inF32 ? calls.IN_F32 : calls.BY_BEAM, isGiven: false };
}

/** The ef of a search among matches: for all of them, half, a quarter and so on (`shareOf`), as the last one has it. */
export function efsAmong(
  host: Host,
  space: string,
  { k, ef, recall, isGiven }: Settled,
): { efs: number[]; live: number } {
  const ref = isGiven ? null : host.find(space);
  const graph = ref === null || ref === calls.AGAIN ? null : host.guarded(() => calls.graphOf(ref.seat, ref));
  if (ref === null || ref === calls.AGAIN || graph === null) return { efs: [ef], live: 1 };
  const { measured } = stateOf(host, ref, graph);
  const { live } = graph;
  const wish = { k, target: recall, live, dimensions: host.settings.dimensions };
  const efs = Array.from(
    { length: MEASURED_SHARES + 1 },
    (_, share) => choose(measured, { ...wish, matches: live / 2 ** share }).ef,
  );
  return { efs: efs.map((wide) => Math.max(k, wide)), live };
}

/** Keeps a query, or not, to measure its space with. */
function keep(host: Host, ref: calls.SpaceRef, state: Known, query: NumberArray): void {
  const all = searched.get(host.whole) ?? { kept: 0, spaces: new Map() };
  searched.set(host.whole, all);
  if (state.searches === null) {
    state.searches = new RecentSearches();
    all.spaces.set(placeOf(ref.partition, ref), new WeakRef(ref));
  }
  const before = state.searches.count;
  state.searches.add(query);
  all.kept += state.searches.count - before;
}

/** How many queries this thread has kept so far. */
export function keptSearches(host: Host): number {
  return searched.get(host)?.kept ?? 0;
}

/** The queries that came for a space on this thread, if any. */
export function searchesOf(host: Host, partition: number, space: calls.SpaceAt): RecentSearches | null {
  const spaces = searched.get(host)?.spaces;
  const ref = spaces?.get(placeOf(partition, space))?.deref();
  if (ref?.incarnation === space.incarnation) return known.get(ref)?.searches ?? null;
  spaces?.delete(placeOf(partition, space));
  return null;
}

function choiceFor(
  host: Host,
  ref: calls.SpaceRef,
  { k, recall }: Pick<Asked, "k" | "recall">,
  query: NumberArray | undefined,
): Choice {
  const graph = host.guarded(() => calls.graphOf(ref.seat, ref));
  if (graph === null) return LOWEST;
  const state = stateOf(host, ref, graph);
  if (query !== undefined) keep(host, ref, state, query);
  const { live } = graph;
  const { last } = state;
  if (last !== null && last.k === k && last.recall === recall && live <= last.live * GROWN) return last.choice;
  const choice = choose(state.measured, { k, target: recall, live, dimensions: host.settings.dimensions });
  state.last = { k, recall, live, choice };
  return choice;
}

/** What was measured of a graph, as of its newest notes. */
function stateOf(host: Host, ref: calls.SpaceRef, { notes }: calls.GraphFigures): Known {
  let state = known.get(ref);
  if (state === undefined) {
    state = { version: 0, measured: null, last: null, searches: null };
    known.set(ref, state);
  }
  if (state.version === notes) return state;
  const found = host.guarded(() => calls.readNotes(ref.seat, ref));
  if (found === calls.AGAIN || found === null) return state;
  state.measured = decodeNotes(found);
  state.version = notes;
  state.last = null;
  return state;
}

/** What `stats` says of a space beside its figures: the ef in use for ten hits, and the recall that was measured. */
export function withRecall(host: Host, found: FoundFigures): SpaceStats {
  return described(host, found, () => host.guarded(() => measuredOf(found.seat, found)));
}

function described(
  host: Host,
  { address, incarnation, seat, ...figures }: FoundFigures,
  measuredIn: (graph: calls.GraphFigures) => Measured | null,
): SpaceStats {
  const graph = figures.kind === "graph" ? host.guarded(() => calls.graphOf(seat, { address, incarnation })) : null;
  if (graph === null) return { ...figures, ef: null, recall: null };
  const measured = measuredIn(graph);
  const { ef, inF32 } = usualChoice(host.settings, measured, graph.live);
  const isExact = ef >= EXACT_EF;
  return {
    ...figures,
    beam: inF32 ? "f32" : figures.beam,
    ef: isExact ? null : ef,
    recall: measured && reportOf(measured, { ef, inF32 }),
  };
}

const MOST_TRIES = 10_000; // about 10 ms: notes are written in less, unless the thread that writes has ended

function measuredOf(seat: calls.SpaceRef["seat"], space: calls.SpaceAt): Measured | null {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const notes = calls.readNotes(seat, space);
    if (notes !== calls.AGAIN) return notes && decodeNotes(notes);
  }
  return null;
}

/** Of a search that says nothing of ef, recall or k. */
function usualChoice({ ef, recall, dimensions }: Host["settings"], measured: Measured | null, live: number): Choice {
  if (ef !== null) return { ef: Math.max(ef, 10), inF32: false };
  return choose(measured, { k: 10, target: recall, live, dimensions });
}

function reportOf(measured: Measured, { ef, inF32 }: Choice): RecallReport {
  const { stored, searched, vectors } = measured;
  const steps = inF32 ? measured.f32 : measured.steps;
  const [at1, at10, at100] = REPORTED_KS.map((_, reported) =>
    ef >= EXACT_EF ? { recall: 1, error: 0 } : recallAt(steps, reported, ef),
  ) as [RecallReport["at1"], RecallReport["at10"], RecallReport["at100"]];
  const ofSearches =
    searched === 0 || ef >= EXACT_EF ? null : (steps.findLast((step) => step.ef <= ef) ?? steps[0]!).ofSearches;
  return { at1, at10, at100, stored, searched, ofSearches, vectors };
}

/** Measures a space's recall: on a worker, or on this thread in slices. Resolves to null where there is no graph, or not now. */
export async function measureRecall(host: Host, space: string): Promise<RecallReport | null> {
  host.assertOpen();
  const ref = await host.eventually(() => host.find(space));
  if (ref === null) return null;
  const job = jobFor(host.settings, known.get(ref)?.searches);
  const ended = await host.measurer?.(ref, job).catch(() => null); // the worker ended, or fails
  if (typeof ended !== "number") await measureInSlices(host, ref, job);
  return spaceStats(host, space)?.recall ?? null;
}

function measureInSlices(host: Host, ref: calls.SpaceRef, job: MeasureJob): Promise<void> {
  return host.inTurn("measure", async () => {
    const slice = new Slice();
    for (const _ of measuring(host, ref, job)) {
      if (slice.isOver) await slice.next();
      host.assertOpen();
    }
  });
}

/** The same in one go, for a thread that has the index for itself. */
export function measureRecallNow(host: Host, space: string): RecallReport | null {
  host.assertOpen();
  const ref = calls.insist(() => host.find(space));
  if (ref !== null) for (const _ of measuring(host, ref, jobFor(host.settings, known.get(ref)?.searches)));
  return spaceStats(host, space)?.recall ?? null;
}

/** A measurement, guarded; it ends with its caller's loop. */
function* measuring(host: Host, ref: calls.SpaceRef, job: MeasureJob): Generator<void, void> {
  const steps = measure(ref.seat, ref, job);
  try {
    while (!host.guarded(() => steps.next()).done) yield;
  } finally {
    host.guarded(() => calls.endMeasure(ref.seat));
  }
}

function jobFor({ recall, dimensions }: Host["settings"], searches: RecentSearches | null | undefined): MeasureJob {
  const searched = searches?.all(dimensions) ?? new Float32Array(0);
  return { stored: STORED, searched, target: recall, now: Date.now(), mostMs: Number.POSITIVE_INFINITY };
}

/**
 * What `stats` says of one space; null where there is none. While notes are written, its recall is what this thread read
 * last. Throws TIMEOUT when its partition is busy for a second.
 */
export function spaceStats(host: Host, space: string): SpaceStats | null {
  host.assertOpen();
  const look = (ref: calls.SpaceRef): SpaceStats | null | calls.Refusal => {
    const figures = calls.figuresAt(ref.seat, ref, ref.partition);
    if (typeof figures === "number") return figures;
    const found = { ...figures, name: space, seat: ref.seat };
    return described(host, found, (graph) => stateOf(host, ref, graph).measured);
  };
  return calls.insist(() => read(host, space, look, () => null));
}
