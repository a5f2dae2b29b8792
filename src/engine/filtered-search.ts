/* How do we find the nearest hits that pass a filter? By searching wider and wider, and everything in the end. */
import { MAX_EF } from "../../assembly/layout.ts";
import { badOption, isObject, show } from "../options/checks.ts";
import type { Key } from "../values/keys.ts";
import type { Hit } from "../values/reports.ts";

/** One search without a filter. */
export type Look = (k: number, ef: number, exactly: boolean) => Promise<Hit[]>;

/** Looks wider until k hits pass. The filter is called at most once per key. */
export async function searchFiltered(look: Look, k: number, ef: number, filter: (key: Key) => boolean): Promise<Hit[]> {
  const verdicts = new Map<Key, boolean>();
  const passes = ({ key }: Hit) => {
    let verdict = verdicts.get(key);
    if (verdict === undefined) {
      verdict = checkVerdict(filter(key), key);
      verdicts.set(key, verdict);
    }
    return verdict;
  };
  for (let width = ef; width <= MAX_EF; width *= 4) {
    const hits = await look(width, width, false);
    const passing = hits.filter(passes);
    if (passing.length >= k || hits.length < width) return passing.slice(0, k);
  }
  const everything = await look(0xfffffff, 1, true);
  const passing: Hit[] = [];
  for (const hit of everything) {
    if (passes(hit)) passing.push(hit);
    if (passing.length === k) break;
  }
  return passing;
}

/** Throws BAD_OPTION unless a filter's verdict is one: a promise would let everything pass. */
function checkVerdict(verdict: unknown, key: Key): boolean {
  if (typeof verdict === "boolean") return verdict;
  const isPromise = isObject(verdict) && typeof Reflect.get(verdict, "then") === "function";
  if (isPromise) Promise.resolve(verdict).catch(() => {}); // it is not awaited: its rejection has no other handler
  const found = isPromise ? "a promise" : show(verdict);
  throw badOption(`\`filter\` must return true or false at once; for ${show(key)} it returned ${found}.`);
}
