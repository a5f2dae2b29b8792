#!/usr/bin/env bun
import { type Command, helpOf, parse } from "./command.ts";
/* The program `hnsw-workers`: which command is meant, and how does it end? */
import { backup } from "./commands/backup.ts";
import { exportSpaces } from "./commands/export.ts";
import { importVectors } from "./commands/import.ts";
import { inspectFolder } from "./commands/inspect.ts";
import { verify } from "./commands/verify.ts";
import { exitCodeOf, UsageError, wordsOf } from "./failures.ts";
import { print } from "./terminal/output.ts";

const COMMANDS: Record<string, Command> = {
  inspect: inspectFolder,
  verify,
  export: exportSpaces,
  import: importVectors,
  backup,
};

const HELP = `hnsw-workers COMMAND …: looks after the folders in which indexes are kept

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join("\n")}

\`hnsw-workers COMMAND --help\` tells more. Ends with 0 when all is well, with 1 when something failed or is not as it
should be, and with 2 when it was called wrongly.
`;

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("say which command; `hnsw-workers --help` lists them");
  if (name === "--help" || name === "-h" || name === "help") {
    await print(HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : null;
  if (command === null) throw new UsageError(`there is no command "${name}"; \`hnsw-workers --help\` lists them`);
  if (rest.includes("--help") || rest.includes("-h")) {
    await print(helpOf(name, command));
    return 0;
  }
  return await command.run(parse(name, command, rest));
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const words = wordsOf(error);
  if (words !== null) process.stderr.write(`${words}\n`);
  process.exitCode = exitCodeOf(error);
}
