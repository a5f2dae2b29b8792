/* What does `open` say when a thread's own memory does not fit, and is everything closed then? */
import { expect, test } from "bun:test";
import { Folder } from "../support/folder.ts";
import { evaluate } from "../support/process.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

/** Opens with more and more workers; ends by itself only if no thread is left of those that did not fit. */
const PROGRAM = `
  import { open } from "${INDEX}";
  const outcomes = [];
  const onIncident = ({ message }) => outcomes.push(message);
  const options = { dimensions: 3, memoryLimit: 4 * 2 ** 20, path: PATH, onIncident };
  for (const workers of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    await open({ ...options, workers }).then(
      async (index) => {
        outcomes.push("opened");
        await index.close();
      },
      ({ code }) => outcomes.push(code),
    );
  }
  console.log(outcomes.join(" "));
`;

// A folder also has a journal thread and a snapshot thread: they are the first that do not fit.
for (const where of ["in memory", "in a folder"]) {
  test(`OUT_OF_MEMORY, and no thread is started again, ${where}`, async () => {
    using folder = new Folder();
    const source = PROGRAM.replace("PATH", where === "in memory" ? "undefined" : JSON.stringify(folder.path));
    const { out, err, code } = await evaluate(source, { timeout: 50_000, killSignal: "SIGKILL" });
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toMatch(/^(opened ){2,}(OUT_OF_MEMORY ){2,}OUT_OF_MEMORY\n$/);
  });
}
