/* How does a table that a command makes get into a document? Below a comment that names the command. */
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/**
 * Replaces the table below `<!-- made by `COMMAND` -->` by these lines, and formats the document, a path from the checkout.
 * Rejects where the document has no such comment.
 */
export async function writeTable(document: string, command: string, lines: readonly string[]): Promise<void> {
  const path = join(ROOT, document);
  const mark = `<!-- made by \`${command}\` -->\n`;
  const text = await Bun.file(path).text();
  const start = text.indexOf(mark) + mark.length;
  if (start < mark.length) throw new Error(`${document} has no table that is ${mark.trim()}`);
  const rest = text.slice(start).replace(/^(\|.*\n)*/, "");
  await Bun.write(path, `${text.slice(0, start)}${lines.join("\n")}\n${rest}`);
  const format = [process.execPath, "x", "biome", "check", "--write", path];
  await Bun.spawn(format, { cwd: ROOT, stdout: "ignore" }).exited;
}
