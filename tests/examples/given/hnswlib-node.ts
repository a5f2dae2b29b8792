/* Stands for the package of that name where it is not installed: as much of it as the recipe uses. */
import { readFileSync, writeFileSync } from "node:fs";

class HierarchicalNSW {
  private points = new Map<number, number[]>();
  private readonly deleted = new Set<number>();

  constructor(
    readonly space: "cosine",
    readonly dimensions: number,
  ) {}

  initIndex(_maxElements: number): void {}

  addPoint(point: number[], label: number): void {
    const length = Math.hypot(...point);
    this.points.set(
      label,
      point.map((value) => value / length),
    );
  }

  markDelete(label: number): void {
    this.deleted.add(label);
  }

  writeIndexSync(file: string): void {
    writeFileSync(file, JSON.stringify({ points: [...this.points], deleted: [...this.deleted] }));
  }

  readIndexSync(file: string): void {
    const { points, deleted } = JSON.parse(readFileSync(file, "utf8"));
    this.points = new Map(points);
    for (const label of deleted) this.deleted.add(label);
  }

  getIdsList(): number[] {
    return [...this.points.keys()];
  }

  getPoint(label: number): number[] {
    const point = this.points.get(label);
    if (point === undefined || this.deleted.has(label)) throw new Error("Hnswlib Error: Label not found");
    return point;
  }
}

export default { HierarchicalNSW };
