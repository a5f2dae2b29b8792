/* Does a snapshot that can't be completed say so? */
import { expect, test } from "bun:test";
import { E_MEMORY } from "../../../assembly/layout.ts";
import { Cut } from "../../../src/snapshot/cut.ts";
import { CoreSpace, partition } from "../../core/harness.ts";

test("no memory for a row in the middle: OUT_OF_MEMORY, and not a space that was dropped", async () => {
  const space = new CoreSpace(await partition(), "s");
  space.add("a", new Float32Array(8));
  let frames = 0;
  const cut = new Cut(space.seat, { address: space.at, incarnation: space.incarnation }, async (call) => {
    const result = call();
    return (typeof result === "number" && frames === 1 ? E_MEMORY : result) as Exclude<typeof result, -1>;
  });
  const read = async () => {
    for await (const _ of cut.frames()) frames++;
  };
  await expect(read()).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  expect([frames, cut.isWhole]).toEqual([1, false]);
});
