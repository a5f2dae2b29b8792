/* How do we find the nearest hits that pass a filter? By searching wider and wider, and everything in the end. */
import { MAX_EF } from "../../assembly/layout.ts";
import { badOption, isObject, show } from "../options/checks.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key } from "../values/keys.ts";
import type { Hit } from "../values/reports.ts";

/** One search without a filter, not wider than MAX_EF. */
export type Look = (k: number, ef: number) => Promise<Hit[]>;

/** One look at all that there is: the k nearest of what `select` leaves. */
export type LookAtAll = (k: number, select?: <T extends { key: Key }>(hits: T[]) => Promise<T[]>) => Promise<Hit[]>;

/** Looks wider until k hits pass. The filter is called at most once per key, and other code runs in between. */
export async function searchFiltered(
  look: Look,
  lookAtAll: LookAtAll,
  k: number,
  ef: number,
  filter: (key: Key) => boolean,
): Promise<Hit[]> {
  const verdicts = new Map<Key, boolean>();
  const slice = new Slice();
  const passing = async <T extends { key: Key }>(hits: T[], remember: boolean) => {
    const passed: T[] = [];
    for (const hit of hits) {
      const verdict = verdicts.get(hit.key) ?? checkVerdict(filter(hit.key), hit.key);
      if (remember) verdicts.set(hit.key, verdict);
      if (verdict) passed.push(hit);
      if (slice.isOver) await slice.next(); // a filter may take its time
    }
    return passed;
  };
  for (let width = ef; width <= MAX_EF; width *= 4) {
    const hits = await look(width, width);
    const passed = await passing(hits, true);
    if (passed.length >= k || hits.length < width) return passed.slice(0, k);
  }
  return await lookAtAll(k, (hits) => passing(hits, false));
}

/** Throws BAD_OPTION unless a filter's verdict is one: a promise would let everything pass. */
export function checkVerdict(verdict: unknown, key: Key): boolean {
  if (typeof verdict === "boolean") return verdict;
  const isPromise = isObject(verdict) && typeof Reflect.get(verdict, "then") === "function";
  if (isPromise) Promise.resolve(verdict).catch(() => {}); // it is not awaited: its rejection has no other handler
  const found = isPromise ? "a promise" : show(verdict);
  throw badOption(`\`filter\` must return true or false at once; for ${show(key)} it returned ${found}.`);
}
