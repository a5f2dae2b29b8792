/* How does this package read a file of its own, in a checkout, a package, a page, or a program of one file? */

/** Whether this is a program that `bun build --compile` made, with its files inside. */
export const isOneFile = /^file:\/\/\/(\$bunfs|B:\/(~|%7E)BUN)\//.test(import.meta.url);

/** A file that such a program was built with; its name may have a hash added. */
function embedded(url: URL): Blob | undefined {
  const name = url.pathname.split("/").at(-1)!;
  const files = Bun.embeddedFiles as (Blob & { name: string })[];
  return files.find((file) => file.name.replace(/-[0-9a-z]+(?=\.wasm$)/, "") === name);
}

export async function readOwnFile(url: URL): Promise<ArrayBuffer> {
  if (typeof Bun !== "undefined") {
    const file = isOneFile ? embedded(url) : Bun.file(url);
    if (file === undefined) throw new Error("it was not passed to `bun build --compile`");
    return await file.arrayBuffer();
  }
  if (typeof process !== "undefined" && url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(url)).buffer;
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} has status ${response.status}`);
  return await response.arrayBuffer();
}
