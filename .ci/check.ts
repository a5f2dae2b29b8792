/* Checks everything that must hold before a commit. The first failure ends it. */
const STEPS: [name: string, ...command: string[]][] = [
  ["types", "run", "types"],
  ["lint", "x", "biome", "check", "."],
  ["release and debug builds", ".ci/build.ts"],
  ["tests", ".ci/test.ts"],
];

for (const [name, ...args] of STEPS) {
  const start = performance.now();
  console.log(`── ${name}`);
  const job = Bun.spawn([process.execPath, ...args], { stdout: "inherit", stderr: "inherit" });
  if ((await job.exited) !== 0) {
    console.error(`── ${name} failed`);
    process.exit(1);
  }
  console.log(`── ${name} passed in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
