/* Which command is meant, and how does it end? */
import { version } from "../../package.json" with { type: "json" };
import { backup } from "./commands/backup.ts";
import { type Command, helpOf, parse } from "./commands/command.ts";
import { exportSpaces } from "./commands/export.ts";
import { importVectors } from "./commands/import.ts";
import { inspectFolder } from "./commands/inspect.ts";
import { mcp } from "./commands/mcp.ts";
import { serve } from "./commands/serve.ts";
import { upgrade } from "./commands/upgrade.ts";
import { verify } from "./commands/verify.ts";
import { exitCodeOf, lineFor, UsageError } from "./terminal/failures.ts";
import { print } from "./terminal/output.ts";

const COMMANDS: Record<string, Command> = {
  inspect: inspectFolder,
  verify,
  export: exportSpaces,
  import: importVectors,
  backup,
  upgrade,
  mcp,
  serve,
};

const HELP = [
  "hnsw-workers COMMAND …: works on the folders that indexes are kept in",
  "",
  ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`),
  "",
  "`hnsw-workers COMMAND --help` shows its options, `--version` the version. The exit code is 0 when all is well, 1 when",
  "something failed or was found damaged, and 2 when the arguments are wrong.",
];

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("no command was given; `hnsw-workers --help` lists them");
  if (name === "--help" || name === "-h" || name === "help") {
    await print(HELP);
    return 0;
  }
  if (name === "--version") {
    await print([version]);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : null;
  if (command === null) throw new UsageError(`there is no command "${name}"; \`hnsw-workers --help\` lists them`);
  if (rest.includes("--help") || rest.includes("-h")) {
    await print(helpOf(name, command));
    return 0;
  }
  const parsed = parse(name, command, rest);
  const outcome = await command.run(parsed);
  if (outcome === null) return 0;
  await print(parsed.has("json") ? JSON.stringify(outcome.report, null, 2).split("\n") : outcome.lines);
  return outcome.failed ? 1 : 0;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const line = lineFor(error);
  if (line !== null) process.stderr.write(`${line}\n`);
  process.exitCode = exitCodeOf(error);
}
