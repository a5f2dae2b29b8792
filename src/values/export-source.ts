/* What can an index start from? */

/** An export, as bytes or as something that yields them. */
export type ExportSource = Uint8Array | ArrayBuffer | Response | ReadableStream<Uint8Array> | Blob;
