/* In which order does a function of the core access shared memory, as its source says? */
import { join } from "node:path";

const ASSEMBLY = join(import.meta.dir, "../../assembly");

/** Calls that are accesses, or lead to some. */
const ACCESS =
  /^(load|store|atomic\.\w+|v128\.(load|store)\w*|published\w*|publish|copy\w+|acquire|tryAcquire|release|push)$/;

/** Accesses and calls of `also`, each with its first argument, in the order of the source. Throws where there is no such function. */
export async function accessesOf(file: string, name: string, also: ReadonlySet<string>): Promise<string[]> {
  const source = await Bun.file(join(ASSEMBLY, file)).text();
  const start = new RegExp(`^(export )?function ${name}\\(`, "m").exec(source);
  if (start === null)
    throw new Error(`There is no function ${name} in assembly/${file}: its litmus tests need another.`);
  const end = source.indexOf("\n}\n", start.index);
  const body = source.slice(start.index + start[0].length, end).replace(/\/\/.*$/gm, "");
  const found: string[] = [];
  for (const call of body.matchAll(/([\w.]+)(<\w+>)?\(/g)) {
    const [, callee] = call as unknown as [string, string];
    if (!ACCESS.test(callee) && !also.has(callee)) continue;
    found.push(`${callee}(${firstArgument(body, call.index + call[0].length)})`);
  }
  return found;
}

function firstArgument(text: string, from: number): string {
  let depth = 0;
  let at = from;
  for (; at < text.length; at++) {
    const sign = text[at]!;
    if (depth === 0 && (sign === "," || sign === ")")) break;
    if ("([{".includes(sign)) depth++;
    if (")]}".includes(sign)) depth--;
  }
  return text.slice(from, at).replace(/\s+/g, " ").trim();
}
