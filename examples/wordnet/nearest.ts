// Which of the known names could a mistyped one have meant?

/** The `count` closest of `names`; those that contain the typed name, or a part of it, come before misspellings. */
export function nearest(typed: string, names: readonly string[], count: number): string[] {
  const wanted = typed.toLowerCase();
  const scored = names.map((name) => ({ name, edits: partEdits(wanted, name.toLowerCase()) }));
  scored.sort((a, b) => a.edits - b.edits);
  return scored.slice(0, count).map(({ name }) => name);
}

/** Edits to the name or, for half an edit more, to the part after its dot: `foood` means `noun.food`. */
function partEdits(typed: string, name: string): number {
  const part = name.slice(name.indexOf(".") + 1);
  const typedPart = typed.slice(typed.indexOf(".") + 1);
  return Math.min(edits(typed, name), edits(typedPart, part) + 0.5);
}

/** Levenshtein's distance, one row of his table at a time. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] as number) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
