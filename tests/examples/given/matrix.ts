/* Writes a .npy file of two vectors of three dimensions, for the blocks that import one. */
import { dictOf, npy } from "../../support/npy.ts";

const floats = new Float32Array([1, 0, 0, 0, 1, 0]);
await Bun.write(process.argv[2]!, npy(dictOf("<f4", "(2, 3)"), new Uint8Array(floats.buffer)));
