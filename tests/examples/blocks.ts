/*
 * Which blocks of code does a document hold, and how is each of them meant to be run?
 *
 * A ```ts, ```js or ```sh block runs as it is, in the folder of its section. A comment on the line above changes that:
 *
 *   <!-- file: server.ts -->         it is that file; other blocks import it, or a test starts it
 *   <!-- given: index -->            given/index.ts comes before it: what the text takes for granted
 *   <!-- needs: hnswlib-node -->     it imports that package of the bench's, or given/hnswlib-node.ts in its stead
 *   <!-- not run: needs Docker -->   it does not run, for that reason
 *
 * A program's lines `// → TEXT` are what it prints, in order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dir, "../..");

export interface Block {
  /** Of the heading above it, as a link names it. */
  section: string;
  /** Of its first line in the document. */
  line: number;
  language: string;
  code: string;
  file?: string;
  given?: string;
  needs?: string;
  "not run"?: string;
}

/** Blocks of the languages that can run. Throws when a comment says something else than the four above. */
export function blocksOf(document: string): Block[] {
  const found: Block[] = [];
  let section = "";
  let open: Block | null = null;
  const lines = readFileSync(join(ROOT, document), "utf8").split("\n");
  for (const [i, line] of lines.entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (open !== null) {
      if (fence === null) open.code += `${line}\n`;
      else {
        if (RUNNABLE.includes(open.language)) found.push(open);
        open = null;
      }
    } else if (fence !== null) {
      open = { section, line: i + 2, language: fence[1]!, code: "", ...notesIn(lines[i - 1] ?? "") };
    } else if (line.startsWith("#")) section = anchorOf(line);
  }
  return found;
}

const RUNNABLE = ["ts", "js", "sh"];
const NOTES = ["file", "given", "needs", "not run"];

function notesIn(line: string): Partial<Block> {
  const comment = /^<!-- (.*) -->$/.exec(line);
  if (comment === null) return {};
  const notes = comment[1]!.split(/; (?=needs|given)/).map((note) => note.split(": ") as [string, string]);
  const unknown = notes.find(([name]) => !NOTES.includes(name));
  if (unknown !== undefined) throw new Error(`"${line}" says ${unknown[0]}, which means nothing`);
  return Object.fromEntries(notes);
}

/** `## Use it` is linked to as `#use-it`. */
export function anchorOf(heading: string): string {
  const text = heading.replace(/^#+ /, "").toLowerCase();
  return text.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** What a program says that it prints. */
export function promisedBy(code: string): string[] {
  return Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, text]) => text!);
}
