// How does cost grow with vectors and with spaces? To be filled by the suite of that name.

import { planned } from "../section.ts";

export const scale = planned("scale", "Scale", [
  "cost grows slowly from 1,000 to 1,000,000 vectors (beyond the thread)",
]);
