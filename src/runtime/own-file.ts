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
  if (isOneFile) {
    const file = embedded(url);
    if (file === undefined) throw new Error("it was not passed to `bun build --compile`");
    return await file.arrayBuffer();
  }
  if (typeof Bun !== "undefined") return await Bun.file(url).arrayBuffer();
  if (url.protocol !== "file:") {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} has status ${response.status}`);
    return await response.arrayBuffer();
  }
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
