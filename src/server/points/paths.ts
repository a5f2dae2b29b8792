/* What does a path such as `user.name`, `tags[]` or `pages[0].text` lead to in a payload? */
import { isRecord, type Value } from "../wire/json.ts";
import { badFormat } from "../wire/refusals.ts";

export interface Path {
  text: string;
  steps: { property?: string; element?: number; all?: true }[];
}
export type Payload = { [name: string]: Value };

const STEP = /(?:^|\.)(?:"([^"]+)"|([^.[\]"]+))|\[(\d*)\]/y;
const DEEPEST = 32;

/** Throws Refusal. */
export function readPath(text: string): Path {
  const steps: Path["steps"] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const found = STEP.exec(text);
    if (found === null || steps.length === DEEPEST) throw badFormat(`"${text.slice(0, 80)}" is no path of a property`);
    const [, quoted, plain, element] = found;
    if (element === undefined) steps.push({ property: quoted ?? plain! });
    else steps.push(element === "" ? { all: true } : { element: Number(element) });
  }
  if (steps[0]?.property === undefined) throw badFormat(`"${text.slice(0, 80)}" is no path of a property`);
  return { text, steps };
}

/** All that the path leads to; nothing where it leads nowhere. */
export function valuesAt(payload: Value, { steps }: Path): Value[] {
  let found: Value[] = [payload];
  for (const { property, element, all } of steps) {
    const next: Value[] = [];
    for (const value of found) {
      if (property !== undefined) {
        if (isRecord(value) && Object.hasOwn(value, property)) next.push(value[property]!);
      } else if (Array.isArray(value)) {
        if (all) for (const one of value) next.push(one);
        else if (element! < value.length) next.push(value[element!]!);
      }
    }
    found = next;
  }
  return found;
}

/** The payload with nothing but what lies at the paths. */
export function including(payload: Payload, paths: readonly Path[]): Payload {
  return (prune(payload, (trail) => verdict(trail, paths)) as Payload | undefined) ?? {};
}

/** The payload without what lies at the paths. */
export function excluding(payload: Payload, paths: readonly Path[]): Payload {
  const turned = { inside: "drop", above: "look", outside: "keep" } as const;
  return (prune(payload, (trail) => turned[placeOf(trail, paths)]) as Payload | undefined) ?? {};
}

type Verdict = "keep" | "drop" | "look";
type Trail = readonly (string | number)[];

function verdict(trail: Trail, paths: readonly Path[]): Verdict {
  return ({ inside: "keep", above: "look", outside: "drop" } as const)[placeOf(trail, paths)];
}

function placeOf(trail: Trail, paths: readonly Path[]): "inside" | "above" | "outside" {
  let place: "inside" | "above" | "outside" = "outside";
  for (const { steps } of paths) {
    const common = Math.min(steps.length, trail.length);
    if (!steps.slice(0, common).every((step, i) => fits(step, trail[i]!))) continue;
    if (trail.length >= steps.length) return "inside";
    place = "above";
  }
  return place;
}

function fits({ property, element, all }: Path["steps"][number], name: string | number): boolean {
  return property !== undefined ? property === name : typeof name === "number" && (all === true || element === name);
}

function prune(value: Value, judge: (trail: Trail) => Verdict, trail: Trail = []): Value | undefined {
  const found = trail.length === 0 ? "look" : judge(trail);
  if (found !== "look") return found === "keep" ? value : undefined;
  if (Array.isArray(value)) {
    return value.map((one, i) => prune(one, judge, [...trail, i])).filter((one) => one !== undefined);
  }
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).map(([name, one]) => [name, prune(one, judge, [...trail, name])] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}

/** Removes what lies at a path, in place. */
export function removeAt(payload: Payload, { steps }: Path): void {
  const last = steps.at(-1)!;
  for (const holder of steps.length === 1 ? [payload] : valuesAt(payload, { text: "", steps: steps.slice(0, -1) })) {
    if (last.property !== undefined) {
      if (isRecord(holder)) delete holder[last.property];
    } else if (Array.isArray(holder)) holder.splice(last.all ? 0 : last.element!, last.all ? holder.length : 1);
  }
}

/** Merges properties into what lies at a path, or into the payload itself; the way there is made where it is missing. */
export function mergeAt(payload: Payload, path: Path | null, properties: Payload): void {
  let holder: Payload = payload;
  for (const { property } of path?.steps ?? []) {
    if (property === undefined) throw badFormat(`\`key\` takes a path of properties, not "${path?.text}"`);
    const next = Object.hasOwn(holder, property) ? holder[property] : undefined;
    const made: Payload = isRecord(next) ? next : {};
    assign(holder, { [property]: made });
    holder = made;
  }
  assign(holder, properties);
}

/** `__proto__` is a name like any other. */
function assign(target: Payload, properties: Payload): void {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
  }
}
