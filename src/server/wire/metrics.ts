/* How many requests were there, how did they end, and how long did they take? Counted in buckets that double. */

/** Upper bounds in milliseconds; what is above the last is in a bucket of its own. */
export const BOUNDS = Array.from({ length: 17 }, (_, i) => 0.0625 * 2 ** i);

export class Histogram {
  readonly counts = Array<number>(BOUNDS.length + 1).fill(0);
  sum = 0;

  add(ms: number): void {
    const at = BOUNDS.findIndex((bound) => ms <= bound);
    this.counts[at < 0 ? BOUNDS.length : at]!++;
    this.sum += ms;
  }

  get count(): number {
    return this.counts.reduce((sum, one) => sum + one, 0);
  }

  /** The bound below which that share of them lies. */
  quantile(share: number): number {
    let left = this.count * share;
    for (const [i, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0) return BOUNDS[i] ?? BOUNDS.at(-1)! * 2;
    }
    return 0;
  }
}

export type RequestKind = "search" | "write" | "read";

const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];

export class Metrics {
  /** By method, path of the route, and status. */
  readonly responses = new Map<string, number>();
  /** By method and path of the route. */
  readonly durations = new Map<string, Histogram>();
  /** Of all routes of a kind. */
  readonly kinds: Readonly<Record<RequestKind, Histogram>> = {
    search: new Histogram(),
    write: new Histogram(),
    read: new Histogram(),
  };
  readonly start = Date.now();
  /** Labels that were made before. */
  private readonly known = new Map<string, { response: string; name: string }>();

  /** A method that no route has counts as "OTHER": clients choose it. */
  count(given: string, path: string, status: number, ms: number, kind: RequestKind): void {
    this.kinds[kind].add(ms);
    const method = METHODS.includes(given) ? given : "OTHER";
    const { response, name } = this.labelsOf(method, path, status);
    this.responses.set(response, (this.responses.get(response) ?? 0) + 1);
    const durations = this.durations.get(name) ?? new Histogram();
    this.durations.set(name, durations);
    durations.add(ms);
  }

  private labelsOf(method: string, path: string, status: number): { response: string; name: string } {
    const key = `${method} ${status} ${path}`;
    let found = this.known.get(key);
    if (found === undefined) {
      const response = labels({ method, endpoint: path, status: `${status}` });
      found = { response, name: labels({ method, endpoint: path }) };
      this.known.set(key, found);
    }
    return found;
  }
}

export function labels(of: Record<string, string>): string {
  const escaped = (text: string) => text.replace(/[\\"\n]/g, (one) => (one === "\n" ? "\\n" : `\\${one}`));
  return Object.entries(of)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

/** One metric in Prometheus' text: its help, its type, and a line per sample. */
export function metric(name: string, type: "counter" | "gauge", help: string, samples: readonly [string, number][]) {
  const lines = samples.map(([of, value]) => `${name}${of === "" ? "" : `{${of}}`} ${value}`);
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

/** Counts by bounds in milliseconds, those of the last bucket without an end; `sum`: milliseconds. */
export interface Buckets {
  counts: readonly number[];
  sum: number;
}

export function histogram(
  name: string,
  help: string,
  samples: ReadonlyMap<string, Buckets>,
  bounds: readonly number[] = BOUNDS,
): string[] {
  const lines = Array.from(samples).flatMap(([of, { counts, sum }]) => {
    let below = 0;
    const buckets = counts.map((count, i) => {
      below += count;
      const bound = i < counts.length - 1 ? bounds[i]! / 1000 : "+Inf";
      return `${name}_bucket{${of},le="${bound}"} ${below}`;
    });
    return [...buckets, `${name}_sum{${of}} ${sum / 1000}`, `${name}_count{${of}} ${below}`];
  });
  return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines];
}
