/* How is a module worker run in workerd, the runtime of an isolate platform, on this machine? */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const CORE = join(ROOT, "build/core.release.relaxed.unshared.wasm");

/**
 * Bundles a module worker as such platforms' tools do, with the package's conditions for it, and runs it; `data`
 * are files in the folder that it imports as bytes. Resolves to its address and how to end it.
 */
export async function serveIsolate(workerd: string, entry: string, folder: string, data: string[] = []) {
  const bundle = await Bun.build({
    entrypoints: [entry],
    outdir: folder,
    naming: "main.js",
    target: "browser",
    conditions: ["workerd", "worker"],
    external: ["*.wasm", "*.bin"],
  });
  if (!bundle.success) throw new AggregateError(bundle.logs, `${entry} could not be bundled`);
  const core = await Bun.file(CORE).bytes();
  await writeFile(join(folder, "core.wasm"), core);
  const modules = [
    '(name = "main.js", esModule = embed "main.js")',
    '(name = "hnsw-workers/core.wasm", wasm = embed "core.wasm")',
    ...data.map((name) => `(name = "${name}", data = embed "${name}")`),
  ];
  await writeFile(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (modules = [${modules.join(", ")}], compatibilityDate = "2026-04-01");
`,
  );
  const command = [workerd, "serve", "--control-fd=1", join(folder, "config.capnp")];
  const job = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  let said = "";
  for await (const chunk of job.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (said.includes("\n")) break;
  }
  if (said === "") throw new Error("workerd ended before it listened");
  const { port } = JSON.parse(said.split("\n")[0]!) as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    async stop() {
      job.kill();
      await job.exited;
    },
  };
}
