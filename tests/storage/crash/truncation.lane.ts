/*
 * What if only part of the last commit reached the disk? The write-ahead log is cut within the frames of its last
 * transaction: what is there ends with the group before it, unless the last one is known to have been durable.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Workplace } from "./client.ts";
import { type CutFolder, cutFolder, cutsThrough, lookCut } from "./truncation.ts";

const SEED = 20_261_125;
const STRIDE = 7001;
const ROW_STRIDE = 9;

describe("a write-ahead log that is cut within its last transaction", () => {
  let place: Workplace;
  let folder: CutFolder;
  beforeAll(async () => {
    place = new Workplace();
    folder = await cutFolder(place, SEED);
  });
  afterAll(() => place[Symbol.dispose]());

  test("holds the groups before it", async () => {
    const cuts = cutsThrough(folder, STRIDE, ROW_STRIDE);
    expect(cuts.length).toBeGreaterThan(10);
    for (const bytes of cuts) expect(await lookCut(place, folder, bytes, "behind"), `cut at byte ${bytes}`).toBe(null);
  });

  test("is damaged where the mark says that the last group was durable", async () => {
    const cuts = cutsThrough(folder, STRIDE, ROW_STRIDE);
    for (const bytes of cuts)
      expect(await lookCut(place, folder, bytes, "as it was"), `cut at byte ${bytes}`).toBe(null);
  });

  test("is whole when it is not cut", async () => {
    expect(await lookCut(place, folder, folder.end, "as it was")).toBe(null);
    expect(join(folder.path, "journal.mark")).toBeString();
  });
});
