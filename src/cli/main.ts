#!/usr/bin/env bun
/*
 * The program `hnsw-workers`: can it run here? Any Node can read this file, and nothing else of the program is loaded
 * before.
 */
import { engines } from "../../package.json" with { type: "json" };

if (typeof Bun === "undefined") {
  const version = engines.bun.replace(">=", "");
  console.error(`hnsw-workers: this program needs Bun ${version} or newer (https://bun.sh): bunx hnsw-workers`);
  process.exitCode = 1;
} else {
  await import("./program.ts");
}
