// Does the demo read WordNet whole, and do its vectors find what a person would look for?

import { beforeAll, describe, expect, test } from "bun:test";
import { arrivals, type Corpus, embedWordNet, vectorOf } from "../../examples/wordnet/corpus.ts";
import { loadTokenizer } from "../../examples/wordnet/minilm.ts";
import { parseOptions, UsageError } from "../../examples/wordnet/options.ts";
import { principalDirections } from "../../examples/wordnet/principal.ts";
import { gaussian, seeded } from "../../examples/wordnet/random.ts";
import { LEXICOGRAPHER_FILES, readSynsets, type Synset, textOf } from "../../examples/wordnet/synsets.ts";
import { Tokenizer } from "../../examples/wordnet/tokenizer.ts";

describe("synsets", () => {
  let synsets: Synset[];
  beforeAll(async () => {
    synsets = await readSynsets();
  });

  test("are 117,791 in 45 spaces, ids unique", () => {
    expect(synsets).toHaveLength(117_791);
    expect(new Set(synsets.map(({ id }) => id)).size).toBe(117_791);
    const sizes = [...Map.groupBy(synsets, ({ space }) => space).values()].map(({ length }) => length);
    sizes.sort((a, b) => b - a);
    expect([sizes.length, sizes[0], sizes[22], sizes[44]]).toEqual([45, 14_460, 1_276, 42]);
  });

  test("are cut into words, definition and examples", () => {
    expect(synsets.find(({ id }) => id === "n07754546")).toEqual({
      id: "n07754546",
      space: "noun.food",
      words: ["banana peel", "banana skin"],
      definition: "the skin of a banana (especially when it is stripped off and discarded)",
      examples: ["he slipped on a banana skin and almost fell"],
    });
  });
});

describe("tokenizer", () => {
  const vocabulary = ["[UNK]", "un", "##aff", "##able", "##a", "cafe", "!", "don", "'", "t", "中", "文", "“", "a"];
  const tokenizer = new Tokenizer(new Map(vocabulary.map((piece, id) => [piece, id])));
  const pieces = (text: string) => tokenizer.encode(text).map((id) => vocabulary[id]);

  test("takes the longest piece first", () => {
    expect(pieces("unaffable")).toEqual(["un", "##aff", "##able"]);
  });
  test("lowers case and takes accents off, composed or not", () => {
    expect(pieces("Café cafe\u0301")).toEqual(["cafe", "cafe"]);
  });
  test("sets punctuation and CJK characters apart", () => {
    expect(pieces("don't! 中文 “a")).toEqual(["don", "'", "t", "!", "中", "文", "“", "a"]);
  });
  test("knows all of a word or nothing", () => {
    expect(pieces("unaffordable a")).toEqual(["[UNK]", "a"]);
    expect(pieces("a".repeat(101))).toEqual(["[UNK]"]);
  });
  test("finds nothing in nothing", () => {
    expect(pieces(" \t\n")).toEqual([]);
  });
  test("gives BERT's own ids", async () => {
    expect((await loadTokenizer()).encode("Hello, unaffable world")).toEqual([7592, 1010, 14477, 20961, 3468, 2088]);
  });
});

describe("principal directions", () => {
  test("are those of the widest spread, in order, the same each time", () => {
    const random = seeded(7);
    const spread = [1, 9, 0.1, 3];
    const vectors = Float32Array.from({ length: 4 * 500 }, (_, i) => (spread[i % 4] as number) * gaussian(random));
    const directions = principalDirections(vectors, 4, 2, seeded(8));
    expect(directions).toEqual(principalDirections(vectors, 4, 2, seeded(8)));
    expect(Math.abs(directions[1] as number)).toBeCloseTo(1, 2);
    expect(Math.abs(directions[4 + 3] as number)).toBeCloseTo(1, 2);
  });
});

describe("embedding", () => {
  let corpus: Corpus;
  beforeAll(async () => {
    corpus = await embedWordNet(45);
  }, 30_000);

  test("gives vectors of length 1, queries the same as the corpus", () => {
    for (let row = 0; row < corpus.synsets.length; row += 1009) {
      expect(Math.hypot(...vectorOf(corpus, row))).toBeCloseTo(1, 5);
    }
    expect(corpus.embed(textOf(corpus.synsets[1234] as Synset))).toEqual(vectorOf(corpus, 1234));
    expect(corpus.embed("yellow curved fruit")).toEqual(corpus.embed("Yellow  curved FRUIT"));
    expect(corpus.embed("").every((value) => value === 0)).toBe(true);
  });

  test.each([
    ["noun.food", "yellow curved fruit", "banana"],
    ["noun.artifact", "vehicle with two wheels and pedals", "bicycle"],
    ["noun.time", "the day after today", "tomorrow"],
    ["noun.location", "capital of France", "Paris"],
  ])("finds in %s for «%s» %s", (space, query, word) => {
    const vector = corpus.embed(query);
    const scored = (corpus.rowsOf.get(space) as number[]).map((row) => ({
      words: (corpus.synsets[row] as Synset).words,
      product: vectorOf(corpus, row).reduce((sum, value, i) => sum + value * (vector[i] as number), 0),
    }));
    scored.sort((a, b) => b.product - a.product);
    expect(scored.slice(0, 3).flatMap(({ words }) => words)).toContain(word);
  });

  test("every synset arrives once a copy, each space spread over the run", () => {
    const queue = arrivals(corpus, 2);
    expect(new Set(queue.map(({ key }) => key)).size).toBe(2 * corpus.synsets.length);
    const firstTenth = queue.slice(0, corpus.synsets.length / 10);
    expect(new Set(firstTenth.map(({ space }) => space)).size).toBe(45);
  });
});

describe("options", () => {
  const parse = (...args: string[]) => parseOptions(args, LEXICOGRAPHER_FILES, 4);

  test("take the machine's cores and all spaces by default", () => {
    expect(parse()).toMatchObject({ workers: 4, spaces: 45, repeat: 1, k: 10, sentence: undefined });
  });
  test("take a sentence in one or several words", () => {
    expect(parse("yellow", "fruit", "--space", "noun.food", "-k", "3")).toMatchObject({
      sentence: "yellow fruit",
      space: "noun.food",
      k: 3,
    });
  });
  test("suggest the space that was meant", () => {
    expect(() => parse("--space", "foood", "fruit")).toThrow(/did you mean noun\.food/);
  });
  test.each(["--nonsense", "--workers 0", "--spaces 46", "--space noun.food", "--workers"])("refuse %s", (line) => {
    expect(() => parse(...line.split(" "))).toThrow(UsageError);
  });
});
