/* What happens while a disk is full, and once there is room again? On a small disk in memory. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { openWith } from "../../../src/api/open.ts";
import type { Incident, Space } from "../../../src/index.ts";
import { expectHolds, type Model, refusalOf, until } from "../../support/indexes.ts";
import { Workplace } from "./client.ts";
import { fill, Mount } from "./mount.ts";

const DIMENSIONS = 256;
const OPTIONS = { dimensions: DIMENSIONS, metric: "l2", M: 4, flatBelow: 16, partitions: 2, workers: 1 } as const;

function vector(i: number): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, (_, j) => Math.sin(i * 7919 + j));
}

/** Adds until one is refused. Resolves to its code; `model` then holds what was accepted, acknowledged or not. */
async function addUntilRefused(space: Space, model: Model, from: number): Promise<string> {
  for (let i = from; ; i++) {
    const code = await space.add(i, vector(i)).then(
      () => null,
      (error) => String(error.code),
    );
    if (code === null || code === "JOURNAL_UNCERTAIN") model.set(i, vector(i));
    if (code !== null) return code;
  }
}

test("what was accepted is kept, reads go on, and all of it is durable once there is room", async () => {
  using place = new Workplace();
  using mount = Mount.make(place.at("disk"), 12);
  if (mount === null) return console.log("skipped: this process may not mount anything");
  const path = join(mount.path, "index");
  const incidents: Incident[] = [];
  const { index } = await openWith({ ...OPTIONS, path, onIncident: (incident) => incidents.push(incident) }, {});
  const space = index.space("s");
  const model: Model = new Map();
  for (let i = 0; i < 200; i++) {
    await space.add(i, vector(i));
    model.set(i, vector(i));
  }
  await index.checkpoint();

  for (const round of [1, 2]) {
    const from = round * 10_000;
    fill(join(mount.path, "ballast"));
    expect(await addUntilRefused(space, model, from)).toBe("JOURNAL_UNCERTAIN");
    const refused = await refusalOf(() => space.add("refused", vector(0)));
    expect(refused.code).toBe("JOURNAL_FAILED");
    expect(refused.message).toInclude("the disk is full");
    expect((await refusalOf(() => space.addMany(["a", "b"], [vector(1), vector(2)]))).code).toBe("JOURNAL_FAILED");
    expect((await refusalOf(() => space.delete(0))).code).toBe("JOURNAL_FAILED");
    expect((await refusalOf(() => index.dropSpace("s"))).code).toBe("JOURNAL_FAILED");
    expect((await refusalOf(() => index.flush())).code).toBe("JOURNAL_UNCERTAIN");
    expect((await refusalOf(() => index.checkpoint())).code).toBe("SNAPSHOT_FAILED");
    expect(index.stats().journal!.failure).toBe("the disk is full");
    await expectHolds(space, model, `full, round ${round}`);
    for (const key of model.keys()) {
      const [hit] = await space.search(model.get(key)!, { k: 1 });
      expect(hit).toEqual({ key, distance: 0 });
    }

    rmSync(join(mount.path, "ballast"));
    // It is retried without a call.
    await until(() => index.stats().journal!.failure === null, "the journal is written again");
    await index.flush();
    await space.add(from - 1, vector(from - 1));
    model.set(from - 1, vector(from - 1));
    await space.delete(round);
    model.delete(round);
    await index.checkpoint();
  }
  expect(incidents.map(({ kind }) => kind)).toContain("journal");
  await expectHolds(space, model, "with room again");
  await index.close();

  const again = await openWith({ ...OPTIONS, path }, {});
  expect(again.index.recovery!.problems).toEqual([]);
  await expectHolds(again.index.space("s"), model, "reopened");
  expect((await again.index.check()).problems).toEqual([]);
  await again.index.close();
});

test("closing on a full disk is refused, and what was acknowledged is there afterwards", async () => {
  using place = new Workplace();
  using mount = Mount.make(place.at("disk"), 12);
  if (mount === null) return console.log("skipped: this process may not mount anything");
  const path = join(mount.path, "index");
  const { index } = await openWith({ ...OPTIONS, path, onIncident: () => {} }, {});
  const space = index.space("s");
  const model: Model = new Map();
  for (let i = 0; i < 100; i++) {
    await space.add(i, vector(i));
    model.set(i, vector(i));
  }
  fill(join(mount.path, "ballast"));
  const accepted: Model = new Map(model);
  expect(await addUntilRefused(space, accepted, 1000)).toBe("JOURNAL_UNCERTAIN");
  accepted.delete([...accepted.keys()].at(-1)!); // this one is uncertain
  expect((await refusalOf(() => index.close())).code).toBe("JOURNAL_UNCERTAIN");
  rmSync(join(mount.path, "ballast"));

  const again = await openWith({ ...OPTIONS, path }, {});
  expect(again.index.recovery!.problems).toEqual([]);
  for (const [key, wanted] of accepted) expect(await again.index.space("s").get(key)).toEqual(wanted);
  expect(again.index.space("s").size - accepted.size).toBeWithin(0, 2);
  await again.index.close();
});
