/* How does this package read a file of its own, in a checkout, a package, a page, or a program of one file? */

export async function readOwnFile(place: URL | string): Promise<ArrayBuffer> {
  if (typeof Bun !== "undefined") return await Bun.file(place).arrayBuffer();
  const url = new URL(place);
  if (typeof process !== "undefined" && url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(url)).buffer;
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} has status ${response.status}`);
  return await response.arrayBuffer();
}

/** The same before it returns, in Bun and Node. */
export function readOwnFileNow(place: URL | string): Uint8Array<ArrayBuffer> {
  const fs = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs");
  if (fs === undefined) throw new Error("this runtime reads no file before a call returns");
  return new Uint8Array(fs.readFileSync(place));
}
