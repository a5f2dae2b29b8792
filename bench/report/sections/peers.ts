// How does it compare with other libraries? To be filled by the suite of that name.

import { planned } from "../section.ts";

export const peers = planned("peers", "Peers", [
  "faster than the fastest native peer at equal recall (beyond the thread)",
]);
