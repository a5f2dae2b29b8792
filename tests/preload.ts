/* Before any test: the core is built and up to date. */
import { setDefaultTimeout } from "bun:test";
import { buildCore } from "../.ci/build-core.ts";

setDefaultTimeout(120_000);

await buildCore();
