/* How does a test run the program in a process of its own, and see whether a folder was changed? */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, run as runCommand } from "../support/process.ts";

export const PROGRAM = new URL("../../src/cli/main.ts", import.meta.url).pathname;

/** What an import of ten and more says of its sample. */
export const READ_BACK = "10 entries read back: the same floats and distances";

export function run(args: string[], stdin?: string | Uint8Array): Promise<Ended> {
  return runCommand([process.execPath, PROGRAM, ...args], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
  });
}

/** What a successful command prints; throws if it fails. */
export async function outOf(args: string[], stdin?: string | Uint8Array): Promise<string> {
  const { code, out, err } = await run(args, stdin);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${err}${out}`);
  return out;
}

/** The exit code of a failing command, and its one line on stderr. */
export async function failureOf(args: string[], stdin?: string | Uint8Array): Promise<string> {
  const { code, out, err } = await run(args, stdin);
  const lines = err.split("\n");
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`not one line: ${JSON.stringify(err)}`);
  if (out !== "") throw new Error(`something was printed: ${out}`);
  return `${code} ${lines[0]}`;
}

/** Every file of a folder with a digest of its bytes, except the lock, which readers may create. */
export function stateOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).filter((path) => path !== join(folder, "lock"));
  return Object.fromEntries(paths.sort().map((path) => [path, Bun.hash(readFileSync(path)).toString(16)]));
}
