/* A program that has types for what browsers have, wherever they come from. */
import { open, type VectorIndex } from "hnsw-workers";

export const respond = (index: VectorIndex): Response => new Response(index.export());
export const kept = async (index: VectorIndex): Promise<Blob> => new Blob([await index.exportBytes()]);

export async function copies(index: VectorIndex): Promise<VectorIndex[]> {
  const blob = new Blob([await index.exportBytes()]);
  return [
    await open({ from: blob }),
    await open({ from: await fetch("/index.bin") }),
    await open({ from: index.export() }),
    await open({ from: blob.stream() }),
    await open({ from: await blob.arrayBuffer() }),
  ];
}

// @ts-expect-error: a text is no export
export const refused = open({ from: "index.bin" });

export async function read(index: VectorIndex): Promise<Uint8Array> {
  const reader = index.export().getReader();
  const { value } = await reader.read();
  return value ?? new Uint8Array();
}
