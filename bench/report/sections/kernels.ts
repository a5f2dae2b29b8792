// What does the SIMD code generation bring? To be filled by the suite of that name.

import { planned } from "../section.ts";

export const kernels = planned("kernels", "Kernels", ["SIMD in WebAssembly is worth it (beyond the thread)"]);
