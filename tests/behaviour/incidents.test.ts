/*
 * What if the function that incidents are reported to throws, or closes the index? Threads are still replaced, and what
 * was thrown reaches the process.
 */
import { expect, test } from "bun:test";
import { Folder } from "../support/folder.ts";
import { opened, until } from "../support/indexes.ts";
import { evaluate } from "../support/process.ts";

const OPEN = new URL("../../src/api/open.ts", import.meta.url).href;
const SUPPORT = new URL("../support/indexes.ts", import.meta.url).href;

const THROWING = `
  import { openWith } from "${OPEN}";
  import { until } from "${SUPPORT}";
  const caught = [];
  process.on("uncaughtException", ({ message }) => caught.push(message));
  const onIncident = ({ kind }) => { throw new Error("heard of " + kind); };
  const options = { dimensions: 2, workers: 1, partitions: 1, flatBelow: 0, onIncident, path: PATH };
  const { index, pool, keeper } = await openWith(options, {});
  await pool.kill(0);
  await index.space("s").add(1, [1, 2]);
  await index.flush(); // links it
  if (keeper !== null) {
    await keeper.kill("journal");
    await keeper.kill("snapshots");
    await index.space("s").add(2, [2, 2]);
    await index.checkpoint();
  }
  await until(() => caught.length >= (keeper === null ? 1 : 3), "what was thrown is heard of");
  await index.close();
  console.log(caught.join(", "));
`;

for (const where of ["in memory", "in a folder"]) {
  test(`one that throws stops nothing, ${where}`, async () => {
    using folder = new Folder();
    const source = THROWING.replace("PATH", where === "in memory" ? "undefined" : JSON.stringify(folder.path));
    const { out, err, code } = await evaluate(source);
    const all = ["heard of exit", "heard of journal", "heard of snapshot"];
    const wanted = where === "in memory" ? all.slice(0, 1) : all;
    expect({ out: out.trim().split(", "), err, code }).toEqual({ out: wanted, err: "", code: 0 });
  });
}

test("one that closes the index leaves no worker behind", async () => {
  let closed: Promise<void> | null = null;
  await using parts = await opened({
    ...{ dimensions: 2, workers: 1, partitions: 1 },
    onIncident: () => {
      closed = parts.index.close();
    },
  });
  await parts.pool!.kill(0);
  await until(() => closed !== null, "the end of the worker is reported");
  await closed;
  expect(await parts.pool!.kill(0)).toBe(false); // there is no thread to end
});
