/* What do files and streams of snapshots begin with? 16 bytes; the last is the version of what follows. */
export const MAGIC = new TextEncoder().encode("hnsw-snapshots\0\x01");
