/*
 * Before any test: the core is built and up to date, and every file of tests or lanes has four minutes a test or hook instead of
 * Bun's five seconds, which a busy machine reaches: some hooks build the package. There is no setting for it, and `setDefaultTimeout` holds for one file only.
 */
import { plugin } from "bun";
import { buildCore } from "../.ci/build-core.ts";

const PATIENCE = 'import { setDefaultTimeout } from "bun:test"; setDefaultTimeout(240_000);';

plugin({
  name: "patience",
  setup(builder) {
    builder.onLoad({ filter: /\.(test|lane)\.ts$/ }, async ({ path }) => {
      return { contents: `${PATIENCE} ${await Bun.file(path).text()}`, loader: "ts" };
    });
  },
});
await buildCore();
