/* Does a text that is parsed in parts give what the runtime's parser gives, or is refused where that refuses it? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Slice } from "../../../../src/runtime/event-loop.ts";
import { parse } from "../../../../src/server/wire/json.ts";
import { parseInSlices } from "../../../../src/server/wire/parse-in-slices.ts";

const DEEPEST = 64;

async function outcomeOf(work: () => unknown): Promise<unknown> {
  try {
    return JSON.stringify({ value: await work() }, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  } catch (error) {
    return (error as Error).name;
  }
}

const blank = fc.constantFrom("", " ", "\n\t", "\r ");
/** JSON with blanks where they may stand. */
const texts = fc.tuple(fc.jsonValue({ maxDepth: 5 }), fc.array(blank, { minLength: 1 })).map(([value, blanks]) => {
  let turn = 0;
  return JSON.stringify(value).replace(/("(?:[^"\\\\]|\\\\.)*")|[[\]{},:]/g, (found, text) => {
    return text === undefined ? `${blanks[turn++ % blanks.length]}${found}${blanks[turn++ % blanks.length]}` : found;
  });
});
const oddities = fc.constantFrom(
  ",",
  "]",
  "}",
  "[",
  "{",
  '"',
  ":",
  "\\\\",
  "1",
  " ",
  "nul",
  "12345678901234567890",
  "__proto__",
);
/** A text with something taken out, put in, or doubled. */
const broken = fc.tuple(texts, fc.nat(), fc.nat({ max: 3 }), oddities).map(([text, place, cut, odd]) => {
  const at = place % (text.length + 1);
  return text.slice(0, at) + odd + text.slice(at + cut);
});

test("in parts of any size", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(texts, broken), fc.integer({ min: 0, max: 40 }), async (text, small) => {
      const whole = await outcomeOf(() => parse(text));
      expect({ text, small, found: await outcomeOf(() => parseInSlices(text, DEEPEST, new Slice(), small)) }).toEqual({
        ...{ text, small, found: whole },
      });
    }),
    { numRuns: 3000 },
  );
});

test.each([
  "[1,]",
  "[,1]",
  "[]]",
  "[}",
  "{]",
  '{"a":1,}',
  "{,}",
  '{"a" 1}',
  "[1 2]",
  "",
  " ",
  "[1],",
  '["a]',
  '{"a":[1,2}',
  "[[1,2]",
])("%p is refused", async (text) => {
  for (const small of [0, 2, 100])
    expect(parseInSlices(text, DEEPEST, new Slice(), small)).rejects.toThrow(SyntaxError);
});

test("what is nested deeper than is allowed, at any place", async () => {
  const nested = (levels: number) => `[1, ${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}, "${"x".repeat(50)}"]`;
  for (const small of [0, 10, 1000]) {
    expect(await parseInSlices(nested(5), 5, new Slice(), small)).toBeArray();
    expect(parseInSlices(nested(6), 5, new Slice(), small)).rejects.toThrow(RangeError);
  }
});
