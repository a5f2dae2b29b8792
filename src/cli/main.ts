#!/usr/bin/env node
/*
 * The program `hnsw-workers`: can it run here, or is there a Bun that can? Any Node can read this file, and next to nothing else is
 * loaded before that is known.
 */
import { engines } from "../../package.json" with { type: "json" };

const NEEDED = engines.bun.replace(">=", "");

if (typeof Bun !== "undefined") await import("./program.ts");
else if ("Deno" in globalThis || !(await (await import("./start-bun.ts")).startBun(NEEDED))) {
  const how = "`npm install --global bun` brings it, and so does `npm install bun` here";
  console.error(`hnsw-workers: this program needs Bun ${NEEDED} or newer: ${how}`);
  process.exitCode = 1;
}
