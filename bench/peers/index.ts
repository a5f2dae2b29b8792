// Which libraries are measured? One line each, in the order of a round.

import type { Contender } from "./contender.ts";
import { edgevec } from "./edgevec.ts";
import { hnswlibNode } from "./hnswlib-node.ts";
import { hnswlibWasm } from "./hnswlib-wasm.ts";
import { ours } from "./ours.ts";
import { usearch } from "./usearch.ts";
import { vectorlite } from "./vectorlite.ts";

export const contenders: Contender[] = [
  ours(),
  ours(24),
  vectorlite,
  hnswlibNode,
  usearch("f32"),
  usearch("f16"),
  usearch("bf16"),
  usearch("i8"),
  hnswlibWasm,
  edgevec,
];

/** By name, or by the name before the dash: `usearch` is all four of them. */
export function chooseContenders(names: string[]): Contender[] {
  for (const name of names) {
    if (!contenders.some((contender) => matches(contender, name))) {
      throw new Error(`no contender is called ${name}; there are ${contenders.map((c) => c.name).join(", ")}`);
    }
  }
  return names.length === 0 ? contenders : contenders.filter((c) => names.some((name) => matches(c, name)));
}

function matches(contender: Contender, name: string): boolean {
  return contender.name === name || contender.name.startsWith(`${name}-`);
}
