// How fast does an index of many spaces take in all of WordNet, and what does it find in it?

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { arrivals, type Corpus, embedWordNet } from "./corpus.ts";
import { describe, figuresOf } from "./figures.ts";
import { layOut, nearestSynsets } from "./hits.ts";
import { ingest } from "./ingest.ts";
import { type Index, open } from "./library.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { progressOn } from "./progress.ts";
import { seeded } from "./random.ts";
import { measureRecall } from "./recall.ts";
import { LEXICOGRAPHER_FILES } from "./synsets.ts";

const SEED = 2026;
const COLUMNS_MAX = 100;

async function run(options: Options): Promise<void> {
  if (options.json !== undefined && !existsSync(dirname(options.json))) {
    throw new UsageError(`--json ${options.json}: there is no such folder`);
  }
  process.stderr.write("reading WordNet and averaging token vectors ...\n");
  const corpus = await embedWordNet(options.spaces);
  const query = queryOf(options, corpus);
  const index = await open({ dimensions: corpus.dimensions, metric: "cosine", workers: options.workers });
  try {
    await measure(index, corpus, options);
    if (query !== undefined) await search(index, corpus, query, options);
  } finally {
    await index.close();
  }
}

/** The sentence's vector; checks the options that depend on the corpus. */
function queryOf({ sentence, space, spaces }: Options, corpus: Corpus): Float32Array | undefined {
  if (sentence === undefined) return undefined;
  if (space !== undefined && !corpus.rowsOf.has(space)) {
    throw new UsageError(`--space ${space} is not among the ${spaces} largest spaces, and --spaces loads only those`);
  }
  const query = corpus.embed(sentence);
  if (query.every((value) => value === 0)) throw new UsageError(`there is no word in "${sentence}"`);
  return query;
}

async function measure(index: Index, corpus: Corpus, options: Options): Promise<void> {
  const queue = arrivals(corpus, options.repeat);
  const { seconds, stats } = await ingest(
    index,
    corpus,
    queue,
    progressOn(process.stderr, queue.length, options.workers),
  );
  process.stderr.write(`comparing with brute force ...\n`);
  const { recall, millisecondsMean } = await measureRecall(index, corpus, options.repeat, seeded(SEED));
  const { dimensions, textsPerSecond } = corpus;
  const measured = { vectors: queue.length, dimensions, seconds, textsPerSecond };
  const figures = figuresOf({ ...measured, recallAt10: recall, searchMsMean: millisecondsMean }, stats);
  process.stdout.write(describe(figures));
  if (options.json !== undefined) await Bun.write(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}

async function search(index: Index, corpus: Corpus, query: Float32Array, options: Options): Promise<void> {
  const { sentence, space, k, repeat } = options;
  const spaces = space === undefined ? [...corpus.rowsOf.keys()] : [space];
  const start = performance.now();
  const hits = await nearestSynsets(index, corpus, query, { spaces, k, repeat });
  const took = (performance.now() - start).toFixed(1);
  const where = space ?? (spaces.length === 1 ? spaces[0] : `${spaces.length} spaces`);
  const columns = Math.min(process.stdout.columns ?? COLUMNS_MAX, COLUMNS_MAX);
  process.stdout.write(`\n"${sentence}" in ${where}, ${took} ms\n\n${layOut(hits, columns)}\n`);
}

try {
  const options = parseOptions(process.argv.slice(2), LEXICOGRAPHER_FILES, availableParallelism());
  if (options.help) process.stdout.write(HELP);
  else await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nnpm run demo -- --help lists the options\n`);
  process.exitCode = 2;
}
