/* A program: two threads link many small spaces with a module that was never run before, again and again. */
import { Worker } from "node:worker_threads";
import { bestVariant, Seat } from "../../src/core.ts";
import { partitionSettings } from "./harness.ts";

export interface LinkTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  dimensions: number;
  seat: number;
  threads: number;
  ready: Int32Array;
}

const THREADS = 2;
const SPACES = 20;
const ROWS = 10; // of each space: it looks at its codes again after four
const DIMENSIONS = 128;

async function run(rounds: number): Promise<string[]> {
  const bytes = await Bun.file(new URL(`../../build/core.release.${bestVariant()}.wasm`, import.meta.url)).bytes();
  const linkers = Array.from({ length: THREADS }, () => new Worker(new URL("./cold-linker.ts", import.meta.url)));
  const answers: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const module = await WebAssembly.compile(bytes); // nothing of it is in the engine's top tier yet
    const settings = partitionSettings({ dimensions: DIMENSIONS, metric: "cosine", efConstruction: 32, crossover: 0 });
    const { memory } = filled(Seat.create(module, settings, 0, true));
    const ready = new Int32Array(new SharedArrayBuffer(4));
    const task = { module, memory, dimensions: DIMENSIONS, threads: THREADS, ready };
    const said = linkers.map((linker, i) => {
      const answer = new Promise<string>((resolve) => linker.once("message", resolve));
      linker.postMessage({ ...task, seat: i + 1 } satisfies LinkTask);
      return answer;
    });
    answers.push(...(await Promise.all(said)));
  }
  return answers;
}

/** Spaces with a home each in turn, nothing linked yet. */
function filled(seat: Seat): Seat {
  for (let space = 0; space < SPACES; space++) {
    seat.core.openSpace(seat.putKey(`space ${space}`), space % THREADS, 1);
    const [address, incarnation] = [seat.infoAt(0), seat.infoAt(1)];
    for (let row = 0; row < ROWS; row++) {
      seat.putVector(
        Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(space + row * DIMENSIONS + i)),
        0,
      );
      if (seat.core.add(address, incarnation, seat.putKey(row), 0, 0) < 0) throw new Error(`row ${row} was refused`);
    }
  }
  return seat;
}

if (import.meta.main) {
  const answers = await run(Number(process.argv[2]));
  const linked = answers.filter((answer) => answer === "linked").length;
  const wrong = [...new Set(answers.filter((answer) => answer !== "linked"))];
  console.log(JSON.stringify({ linked, wrong }));
  process.exit(0);
}
