/* How do the dashboard's sources become the three files that a browser loads? */
import { join } from "node:path";
import type { PageFile } from "../src/server/page-files.ts";

const sources = join(import.meta.dir, "../dashboard");
const utf8 = (type: string) => `${type}; charset=utf-8`;

export async function bundlePage(): Promise<Record<string, PageFile>> {
  const { outputs } = await Bun.build({
    ...{ entrypoints: [join(sources, "main.tsx")], target: "browser", format: "esm", minify: true },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const textOf = async (kind: string) => {
    const output = outputs.find(({ path }) => path.endsWith(kind));
    if (output === undefined) throw new Error(`the dashboard's ${kind} was not bundled`);
    return await output.text();
  };
  return {
    "index.html": { type: utf8("text/html"), text: await Bun.file(join(sources, "index.html")).text() },
    "main.js": { type: utf8("text/javascript"), text: await textOf(".js") },
    "main.css": { type: utf8("text/css"), text: await textOf(".css") },
  };
}
