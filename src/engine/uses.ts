/* What still calls the core through a handle's seats? Its seats are another thread's only once all of it has ended. */
import { afterPatience } from "../runtime/event-loop.ts";

/** Work over several turns that a seat does one at a time, of each kind. */
export type Turns = "census" | "check" | "scan" | "field" | "measure";

export class Uses {
  private readonly running = new Set<Promise<unknown>>();
  /** The last of each kind of work of which a seat has room for one at a time. */
  private readonly last = new Map<Turns, Promise<unknown>>();

  /** Starts something that must have ended before the seats are another thread's. */
  start<T>(work: () => Promise<T>): Promise<T> {
    const result = work();
    const end = result.then(nothing, nothing);
    this.running.add(end);
    void end.then(() => this.running.delete(end));
    return result;
  }

  inTurn<T>(kind: Turns, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(kind) ?? Promise.resolve();
    const result = this.start(() => before.then(work));
    this.last.set(kind, result.catch(nothing));
    return result;
  }

  /** Resolves to true once nothing runs, or to false after `ms`. */
  atRest(ms: number): Promise<boolean> {
    return endsWithin(Promise.all(this.running), ms);
  }
}

/** Resolves to true when the promise settles, or to false after `ms`. */
export async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let callOff = nothing;
  const late = new Promise<boolean>((resolve) => {
    callOff = afterPatience(ms, () => resolve(false));
  });
  const ended = () => true;
  const hasEnded = await Promise.race([promise.then(ended, ended), late]);
  callOff();
  return hasEnded;
}

function nothing(): void {}
