/* What do the tests of the published package share? Its build, and folders in which it is installed. */
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";

export const ROOT = join(import.meta.dir, "../..");
export const BUILD = join(ROOT, "build");
const LOADER = "node_modules/@assemblyscript/loader";

let built: Promise<unknown> | null = null;
let packed: Promise<Packed> | null = null;

/** Builds what is published, once a process. */
export async function buildPackage(): Promise<void> {
  built ??= outputOf([process.execPath, ".ci/build.ts"], { cwd: ROOT });
  await built;
}

/** What `npm pack` makes. */
export interface Packed {
  tarball: string;
  /** The folder of what is in it. */
  unpacked: string;
}

/** Builds and packs the package, once a process; goes away with that. */
export function packPackage(): Promise<Packed> {
  packed ??= pack();
  return packed;
}

async function pack(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), "hnsw-workers-pack-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  await buildPackage(); // once for all files of this process: packing would build again
  await outputOf([process.execPath, "pm", "pack", "--ignore-scripts", "--destination", folder], { cwd: ROOT });
  const tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith(".tgz"))!);
  await outputOf(["tar", "-xzf", tarball, "-C", folder]);
  return { tarball, unpacked: join(folder, "package") };
}

let suite: Promise<string> | null = null;

/** A folder with the conformance suite as one file, `conformance.js`; goes away with the process. */
export function suiteFolder(): Promise<string> {
  suite ??= bundleSuite();
  return suite;
}

async function bundleSuite(): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), "hnsw-workers-suite-"));
  process.on("exit", () => rmSync(outdir, { recursive: true }));
  const { success, logs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "conformance.js")],
    outdir,
    target: "browser",
  });
  if (!success) throw new AggregateError(logs, "the conformance suite could not be bundled");
  return outdir;
}

/** A folder of a program that has installed the package, and what that depends on; goes away with the test. */
export class Project implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Installs a copy of an unpacked package, or a link to the checkout. */
  static async make(unpacked?: string): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), "hnsw-workers-project-"));
    await mkdir(join(folder, "node_modules/@assemblyscript"), { recursive: true });
    const installed = join(folder, "node_modules/hnsw-workers");
    await (unpacked ? cp(unpacked, installed, { recursive: true }) : symlink(ROOT, installed));
    await symlink(join(ROOT, LOADER), join(folder, LOADER));
    await Bun.write(join(folder, "package.json"), '{ "type": "module" }');
    return new Project(folder);
  }

  /** Copies files of this folder into it. */
  async add(...names: string[]): Promise<void> {
    for (const name of names) await cp(join(import.meta.dir, name), join(this.folder, name));
  }

  async addSuite(): Promise<void> {
    await cp(join(await suiteFolder(), "conformance.js"), join(this.folder, "conformance.js"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
