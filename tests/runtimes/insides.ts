/* What do tests in a browser need that the package does not export? */
export { openWith } from "../../src/api/open.ts";
