// What does the demo use of the library? The one file here that imports it.

import { open } from "../../src/index.ts";

export { open };
export type Index = Awaited<ReturnType<typeof open>>;
export type Stats = ReturnType<Index["stats"]>;
