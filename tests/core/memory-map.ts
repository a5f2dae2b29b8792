/* Where does a slot lie in a partition's memory? For tests that leave there what a thread that was cut would leave. */
import {
  CODE_HEADER,
  G_CENTROID,
  G_COUNT,
  G_GRAPH,
  G_VECTORS,
  LIST_HEADER,
  S_GENERATIONS,
  SLOT_HEADER,
  SLOT_STATE,
  SLOT_TWIN,
  STATE_MASK,
} from "../../assembly/layout.ts";
import type { CoreSpace } from "./harness.ts";

/** One space's current generation, as assembly/vectors/slots.ts and assembly/graph/links.ts lay it out. */
export class SpaceMap {
  readonly generation: number;
  private readonly space: CoreSpace;
  private readonly M: number;

  constructor(space: CoreSpace, M = 16) {
    this.space = space;
    this.M = M;
    this.generation = this.word(space.at + S_GENERATIONS);
  }

  word(at: number): number {
    return new Uint32Array(this.space.seat.memory.buffer)[at >>> 2]!;
  }

  setWord(at: number, value: number): void {
    new Uint32Array(this.space.seat.memory.buffer)[at >>> 2] = value;
  }

  get count(): number {
    return this.word(this.generation + G_COUNT);
  }

  slotAt(slot: number): number {
    const stride = (SLOT_HEADER + ((this.space.seat.dimensions + 3) & ~3) * 4 + 15) & ~15;
    const chunk = slot >= 1024 ? 7 + (slot >>> 10) : slot < 8 ? 0 : 29 - Math.clz32(slot);
    const first = chunk >= 8 ? (chunk - 7) << 10 : chunk === 0 ? 0 : 4 << chunk;
    return this.word(this.word(this.generation + G_VECTORS) + 16 + chunk * 4) + (slot - first) * stride;
  }

  state(slot: number): number {
    return this.word(this.slotAt(slot) + SLOT_STATE) & STATE_MASK;
  }

  /** Address of the code of a slot of the first 1,024. */
  codeAt(slot: number): number {
    return this.word(this.word(this.generation + G_GRAPH)) + slot * this.codeStride;
  }

  /** Address of the head of a slot's chain of twins: a slot + 1, or 0. Of the first 1,024 slots. */
  chainAt(slot: number): number {
    const links = (1024 * this.codeStride + 31) & ~15;
    const uppers = links + 1024 * (LIST_HEADER + 4 * this.M * 4);
    return this.word(this.word(this.generation + G_GRAPH)) + uppers + 1024 * 4 + slot * 4;
  }

  /** Address of what a slot that is a twin has for the next one: a slot + 1, or 0. */
  nextTwinAt(slot: number): number {
    return this.slotAt(slot) + SLOT_TWIN;
  }

  get centroidAt(): number {
    return this.word(this.generation + G_CENTROID);
  }

  private get codeStride(): number {
    return (CODE_HEADER + this.space.seat.dimensions + 3) & ~3;
  }
}
