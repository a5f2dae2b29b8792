/*
 * `bun tests/storage/crash/run.ts [--kills N] [--flips N] [--cuts STRIDE] [--calls STRIDE] [--seed S]`: many crashes, and
 * their results. 500 kills when none of the four is given.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Workplace } from "./client.ts";
import { FlipTally, flipOne, foldersToFlip } from "./flips.ts";
import { KillTally, killOneFolder } from "./kills.ts";
import { dieAtWork, dieInSalvage, MomentTally } from "./moments.ts";
import { cutFolder, cutsThrough, lookCut } from "./truncation.ts";

const KILLS_A_FOLDER = 10;
const FLIPS_A_FOLDER = 100;

const { values } = parseArgs({
  options: {
    kills: { type: "string" },
    flips: { type: "string" },
    cuts: { type: "string" },
    calls: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
const nothing = [values.kills, values.flips, values.cuts, values.calls].every((value) => value === undefined);
let failed = 0;

async function kill(kills: number): Promise<void> {
  const tally = new KillTally();
  const start = performance.now();
  let shown = 0;
  for (let folder = 0; folder * KILLS_A_FOLDER < kills; folder++) {
    const count = Math.min(KILLS_A_FOLDER, kills - folder * KILLS_A_FOLDER);
    await killOneFolder(seed + folder, count, tally);
    for (; shown < tally.failures.length; shown++) console.error(tally.failures[shown]);
    if (folder % 5 === 4) console.log(`${(folder + 1) * KILLS_A_FOLDER} of ${kills} clients, ${shown} failures`);
  }
  const { failures, ...figures } = tally;
  console.log(`from seed ${seed}, ${Math.round((performance.now() - start) / 1000)} s, ${failures.length} failures:`);
  console.log(
    Object.entries(figures)
      .flatMap(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
  failed += failures.length;
}

async function flip(flips: number): Promise<void> {
  const tally = new FlipTally();
  for (let done = 0; done < flips; done += FLIPS_A_FOLDER) {
    using place = new Workplace();
    const folders = await foldersToFlip(place, seed + done);
    for (let i = 0; i < Math.min(FLIPS_A_FOLDER, flips - done); i++)
      await flipOne(place, folders[i % folders.length]!, seed + done + i, tally);
  }
  for (const failure of tally.failures) console.error(failure);
  const noticed = Object.entries(tally.noticed).map(([code, times]) => `${code} ${times}`);
  console.log(`${tally.flips} flips from seed ${seed}: ${tally.harmless} harmless, ${noticed.join(", ")}`);
  console.log(`${tally.salvaged} salvaged, ${tally.failures.length} failures`);
  failed += tally.failures.length;
}

async function cut(stride: number): Promise<void> {
  using place = new Workplace();
  const folder = await cutFolder(place, seed);
  const cuts = cutsThrough(folder, stride);
  let failures = 0;
  for (const bytes of cuts) {
    for (const mark of ["behind", "as it was"] as const) {
      const wrong = await lookCut(place, folder, bytes, mark);
      if (wrong === null) continue;
      failures++;
      console.error(`cut at byte ${bytes}, mark ${mark}: ${wrong}`);
    }
  }
  const row = `${folder.row.end - folder.row.start} of the row`;
  console.log(
    `${cuts.length} cuts through ${folder.end - folder.start} bytes, ${row}; seed ${seed}: ${failures} failures`,
  );
  failed += failures;
}

async function die(stride: number): Promise<void> {
  using place = new Workplace();
  const tally = new MomentTally();
  await dieAtWork(place, seed, stride, tally);
  const [young, old] = await foldersToFlip(place, seed);
  const lose = (path: string) => rmSync(join(path, "journal.sqlite"));
  for (const folder of [young!, old!]) await dieInSalvage(place, folder, lose, seed, stride, tally);
  const garble = (path: string) => writeFileSync(join(path, "journal.sqlite"), "This is no database.");
  await dieInSalvage(place, old!, garble, seed, stride, tally);
  for (const failure of tally.failures) console.error(failure);
  const byCalls = Object.entries(tally.byCalls).map(([calls, deaths]) => `${deaths} at ${calls}`);
  console.log(`${tally.deaths} deaths from seed ${seed}: ${byCalls.join("; ")}; ${tally.failures.length} failures`);
  failed += tally.failures.length;
}

if (values.kills !== undefined || nothing) await kill(Number(values.kills ?? 500));
if (values.flips !== undefined) await flip(Number(values.flips));
if (values.cuts !== undefined) await cut(Number(values.cuts));
if (values.calls !== undefined) await die(Number(values.calls));
process.exitCode = failed > 0 ? 1 : 0;
