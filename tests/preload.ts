/* Before any test: the core is built and up to date. */
import { buildCore } from "../.ci/build-core.ts";

await buildCore();
