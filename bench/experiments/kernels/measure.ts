// How long does a distance take: AssemblyScript with and without relaxed SIMD, plain JavaScript, Rust? A child process.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cachePath } from "../../datasets/cache.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";

const ASC = join(import.meta.dir, "../../../node_modules/assemblyscript/bin/asc.js");
const SOURCES = ["assemblyscript/kernels.ts", "assemblyscript/asconfig.json", "../../../assembly/vectors/kernels.ts"];
const START = 1024; // as in assemblyscript/kernels.ts
const VECTORS = 64; // few enough to stay in the first-level cache: the kernel is measured, not memory

export type KernelBuild =
  | "AssemblyScript, relaxed SIMD"
  | "AssemblyScript, baseline SIMD"
  | "plain JavaScript"
  | "Rust";

export interface KernelsTask {
  build: KernelBuild;
  dimensions: number;
  /** Distances of each kind. */
  distances: number;
}

export interface KernelsMeasurement {
  dotNs: number;
  squaredNs: number;
  /** Of 7-bit codes, where the build has such a kernel. */
  codesNs?: number;
}

type Loop = (rounds: number) => number;

interface Loops {
  dots: Loop;
  squares: Loop;
  codes?: Loop;
}

async function measure({ build, dimensions, distances }: KernelsTask): Promise<KernelsMeasurement> {
  const loops = await loopsOf(build, dimensions);
  const rounds = Math.max(1, Math.ceil(distances / VECTORS));
  const time = (loop: Loop) => {
    loop(rounds); // warm
    const start = performance.now();
    const sum = loop(rounds);
    if (!Number.isFinite(sum)) throw new Error("the kernels did not return a number");
    return ((performance.now() - start) * 1e6) / (rounds * VECTORS);
  };
  return { dotNs: time(loops.dots), squaredNs: time(loops.squares), codesNs: loops.codes && time(loops.codes) };
}

async function loopsOf(build: KernelBuild, dimensions: number): Promise<Loops> {
  const random = new Random(SEEDS.kernels);
  const values = Float32Array.from({ length: (VECTORS + 1) * dimensions }, () => random.normal());
  if (build === "plain JavaScript") return plain(values, dimensions);
  if (build === "Rust") return await rust(values, dimensions);
  return await compiled(build === "AssemblyScript, relaxed SIMD", values, dimensions);
}

/** The kernels' module, compiled once for each state of its sources. */
async function compile(target: "relaxed" | "baseline"): Promise<string> {
  const texts = SOURCES.map((path) => readFileSync(join(import.meta.dir, path), "utf8"));
  const output = cachePath(`kernels-${target}`, texts);
  if (existsSync(output)) return output;
  const command = [process.execPath, ASC, "--target", target, "-o", output];
  const job = Bun.spawn(command, { cwd: join(import.meta.dir, "assemblyscript"), stderr: "pipe" });
  if ((await job.exited) !== 0) throw new Error(await job.stderr.text());
  return output;
}

async function compiled(relaxed: boolean, values: Float32Array, dimensions: number): Promise<Loops> {
  const output = await compile(relaxed ? "relaxed" : "baseline");
  const { instance } = await WebAssembly.instantiate(await Bun.file(output).arrayBuffer(), { env: {} });
  const exports = instance.exports as Record<string, (...args: number[]) => number>;
  const memory = instance.exports.memory as WebAssembly.Memory;
  const put = (bytes: ArrayBufferView) =>
    new Uint8Array(memory.buffer, START).set(new Uint8Array(bytes.buffer, 0, bytes.byteLength));
  const blocks = Math.ceil(dimensions / 16);
  const codes = Uint8Array.from({ length: (VECTORS + 1) * blocks * 16 }, (_, i) => (i * 37) % 64);
  return {
    dots: (rounds) => {
      put(values);
      return exports.dots!(rounds, VECTORS, dimensions);
    },
    squares: (rounds) => exports.squares!(rounds, VECTORS, dimensions),
    codes: (rounds) => {
      put(codes);
      return exports.codes!(rounds, VECTORS, blocks);
    },
  };
}

// A loop for each kernel, as one writes it by hand.
function plain(values: Float32Array, d: number): Loops {
  const dots = (rounds: number) => {
    let sum = 0;
    for (let r = 0; r < rounds; r++) {
      for (let v = 1; v <= VECTORS; v++) {
        for (let i = 0, j = v * d; i < d; i++, j++) sum += values[i]! * values[j]!;
      }
    }
    return sum;
  };
  const squares = (rounds: number) => {
    let sum = 0;
    for (let r = 0; r < rounds; r++) {
      for (let v = 1; v <= VECTORS; v++) {
        for (let i = 0, j = v * d; i < d; i++, j++) {
          const difference = values[i]! - values[j]!;
          sum += difference * difference;
        }
      }
    }
    return sum;
  };
  return { dots, squares };
}

/** Throws with the reason when it can't be built here. */
async function rust(values: Float32Array, dimensions: number): Promise<Loops> {
  const crate = join(import.meta.dir, "rust");
  using folder = new TemporaryFolder();
  const command = ["wasm-pack", "build", crate, "--target", "nodejs", "--out-dir", folder.path];
  const env = { ...process.env, RUSTFLAGS: "-C target-feature=+simd128" };
  const job = Bun.spawn(command, { stdout: "ignore", stderr: "pipe", env });
  if ((await job.exited) !== 0)
    throw new Error(`wasm-pack failed: ${(await job.stderr.text()).trim().split("\n").at(-1)}`);
  const { dots, squares } = await import(join(folder.path, "rust_kernel.js"));
  return {
    dots: (rounds) => dots(values, dimensions, rounds),
    squares: (rounds) => squares(values, dimensions, rounds),
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
