/* Everything that must hold before a commit: types, lint, all builds, all tests. One failure ends it. */
const steps: [name: string, ...command: string[]][] = [
  ["types", "bun", "x", "tsc", "--noEmit"],
  ["lint", "bun", "x", "biome", "check", "."],
  ["builds", "bun", ".ci/build.ts"],
  ["tests", "bun", ".ci/test.ts"],
];

for (const [name, ...command] of steps) {
  const start = performance.now();
  console.log(`── ${name}`);
  const [program, ...args] = command;
  const job = Bun.spawn([program === "bun" ? process.execPath : program!, ...args], {
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await job.exited) !== 0) {
    console.error(`── ${name} failed`);
    process.exit(1);
  }
  console.log(`── ${name} passed in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
