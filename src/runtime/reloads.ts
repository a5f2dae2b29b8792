/*
 * What becomes of what a program has opened when `bun --hot` evaluates it again, in the same process? Its variables are
 * gone, but threads and locks stay. So before a new evaluation opens something, all that earlier ones have opened is
 * closed, except what the program keeps as a property of `globalThis` to use it again.
 */

interface Closable {
  close(): Promise<void>;
}

interface Opening<T> {
  opened: T;
  isClosed: () => boolean;
}

interface Opened {
  /** Of which evaluation. */
  evaluation: number;
  /** What the program has got, or will get. */
  opening: Promise<Opening<Closable>>;
}

/** What all evaluations of this module share. */
interface Shared {
  evaluations: number;
  opened: Opened[];
}

const isReloaded = typeof Bun !== "undefined" && process.execArgv.includes("--hot");
const name = Symbol.for(`evaluations of ${import.meta.url}`); // another copy of the package has its own

const shared = isReloaded ? sharedByEvaluations() : null;
const evaluation = shared === null ? 0 : ++shared.evaluations;

function sharedByEvaluations(): Shared {
  const holder = globalThis as { [name]?: Shared };
  holder[name] ??= { evaluations: 0, opened: [] };
  return holder[name];
}

/** Opens something for this evaluation of the program. Rejects like `open`. */
export async function openUntilReload<T extends Closable>(open: () => Promise<Opening<T>>): Promise<T> {
  if (shared === null) return (await open()).opened;
  await closeEarlier(shared);
  const opening = open();
  shared.opened.push({ evaluation, opening });
  return (await opening).opened;
}

async function closeEarlier(shared: Shared): Promise<void> {
  const found = shared.opened;
  shared.opened = [];
  for (const one of found) {
    const opening = await one.opening.catch(() => null);
    if (opening === null || opening.isClosed()) continue;
    if (one.evaluation >= evaluation || isKept(opening.opened)) shared.opened.push(one);
    else await opening.opened.close().catch(() => {}); // the disk may refuse: then it is closed all the same
  }
}

function isKept(opened: Closable): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(globalThis)).some(({ value }) => value === opened);
}
