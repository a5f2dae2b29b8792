/* What do pages wait for? A result of the server that depends on something, and the place in the address. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { Refused } from "../data/server.ts";

export interface Loaded<T> {
  value: T | null;
  /** Why there is none, or why it is an older one. */
  error: string | null;
  loading: boolean;
  again(): void;
}

/** Loads when `depends` changes; a result that was overtaken is dropped. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, depends: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "again">>({ value: null, error: null, loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    setState(({ value }) => ({ value, error: null, loading: true }));
    load(ended.signal).then(
      (value) => !ended.signal.aborted && setState({ value, error: null, loading: false }),
      (error) => !ended.signal.aborted && setState(({ value }) => ({ value, error: reason(error), loading: false })),
    );
    return () => ended.abort();
  }, [...depends, turn]);
  return { ...state, again: useCallback(() => setTurn((now) => now + 1), []) };
}

export function reason(error: unknown): string {
  return error instanceof Refused || error instanceof Error ? error.message : String(error);
}

/** What stands behind # in the address, by its parts. */
export function usePlace(): string[] {
  const [place, setPlace] = useState(location.hash);
  useEffect(() => {
    const changed = () => setPlace(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return place
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const placeOf = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join("/")}`;
