/* What did ops come to, of other members' groups? Kept for a while: their writers ask, where they do not hold the partition. */
import type { Result } from "../log/writer.ts";
import type { Group } from "../ops/group.ts";

const MOST_OPS = 100_000;

export class ResultLog {
  private readonly known = new Map<string, readonly Result[]>();
  private ops = 0;

  /** A group that only adds has nothing to ask for: it counts once it is in the log. */
  keep(partition: number, { writer, number, ops }: Group, results: readonly Result[]): void {
    if (ops.every(({ kind }) => kind === "add")) return;
    this.known.set(nameOf(partition, writer, number), results);
    this.ops += results.length;
    for (const [name, oldest] of this.known) {
      if (this.ops <= MOST_OPS) break;
      this.known.delete(name);
      this.ops -= oldest.length;
    }
  }

  of(partition: number, writer: string, number: number): readonly Result[] | undefined {
    return this.known.get(nameOf(partition, writer, number));
  }
}

function nameOf(partition: number, writer: string, number: number): string {
  return `${partition}.${writer}.${number}`;
}
