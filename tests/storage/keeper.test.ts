/* When the snapshot thread can't start any more, is it given up and reported, and does the journal thread live on? */
import { describe, expect, test } from "bun:test";
import type { Opened } from "../../src/api/start.ts";
import type { Incident, VectorIndex } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf } from "../support/indexes.ts";

const OPTIONS = { dimensions: 2, workers: 0, partitions: 1 } as const;
const MOST_RESTARTS = 5;

/** Ends the snapshot thread, and each replacement once it is there. Returns what was reported. */
async function loseSnapshots({ index, keeper }: Opened, incidents: Incident[]): Promise<string[]> {
  for (let ends = 0; ends <= MOST_RESTARTS; ends++) await keeper!.kill("snapshots");
  expect(index.stats().journal!.restarts).toBe(MOST_RESTARTS);
  return incidents.filter(({ kind }) => kind === "snapshot").map(({ message }) => message);
}

async function expectNoSnapshots(index: VectorIndex): Promise<void> {
  for (const call of [() => index.checkpoint(), () => index.close()]) {
    const refusal = await refusalOf(call);
    expect(refusal.code).toBe("SNAPSHOT_FAILED");
    expect(refusal.message).toInclude("ended again and again: close the index and open it again");
  }
}

describe("the snapshot thread", () => {
  test("is given up while ops are accepted, and they are kept", async () => {
    using folder = new Folder();
    const incidents: Incident[] = [];
    const opened = await folder.open({ ...OPTIONS, onIncident: (incident) => incidents.push(incident) });
    const { index } = opened;
    let key = 0;
    let ending = false;
    const adding = (async () => {
      for (; !ending; key++) await index.space("s").add(key, [key, 1]);
    })();
    const reported = await loseSnapshots(opened, incidents);
    ending = true;
    await adding;
    expect(reported.map((message) => message.includes("ended and is replaced"))).toEqual([
      ...Array(MOST_RESTARTS).fill(true),
      false,
    ]);
    expect(reported.at(-1)).toMatch(
      /given up: no snapshots are taken, so the journal grows, until .* opened again \(.*\)/,
    );
    await expectNoSnapshots(index);
    await using again = await folder.open(OPTIONS);
    expect(again.index.space("s").size).toBe(key);
  });

  test("does not use up the journal thread's restarts", async () => {
    using folder = new Folder();
    const incidents: Incident[] = [];
    const opened = await folder.open({ ...OPTIONS, onIncident: (incident) => incidents.push(incident) });
    const { index, keeper } = opened;
    await loseSnapshots(opened, incidents);
    await keeper!.kill("journal");
    await index.space("s").add("key", [1, 2]);
    expect(index.stats().journal).toMatchObject({ failure: null, restarts: MOST_RESTARTS + 1 });
    await expectNoSnapshots(index);
  });

  test("that ends between checkpoints is replaced each time", async () => {
    using folder = new Folder();
    await using opened = await folder.open({ ...OPTIONS, onIncident: () => {} });
    const { index, keeper } = opened;
    for (let ends = 1; ends <= MOST_RESTARTS + 2; ends++) {
      await index.checkpoint(); // finds nothing that has changed
      await keeper!.kill("snapshots");
      expect(index.stats().journal!.restarts).toBe(ends);
    }
  });
});
