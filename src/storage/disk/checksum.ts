/* How is a damaged byte noticed? By an xxHash64 over everything that is read back from the disk. */

/** 16 hexadecimal digits. `context`: what else must be as it was, such as where the bytes belong. */
export function checksum(bytes: Uint8Array, context = ""): string {
  const seed = context === "" ? 0n : Bun.hash.xxHash64(context);
  return hex(Bun.hash.xxHash64(bytes, seed));
}

export function checksumOf(...values: (string | number)[]): string {
  return hex(Bun.hash.xxHash64(JSON.stringify(values)));
}

function hex(hash: bigint): string {
  return hash.toString(16).padStart(16, "0");
}
