/* Are the release builds what shared memory needs: no data, one import, nothing per instance, and the ABI we know? */
import { describe, expect, test } from "bun:test";
import { MAX_PAGES } from "../../assembly/layout.ts";
import { type Import, parseModule } from "./wasm-sections.ts";

const GOLDEN = new URL("core-abi.txt", import.meta.url);
const VARIANTS = ["relaxed", "baseline", "relaxed.ordered", "baseline.ordered"] as const;

async function release(variant: string) {
  const file = Bun.file(new URL(`../../build/core.release.${variant}.wasm`, import.meta.url));
  const bytes = await file.bytes();
  return { bytes, module: parseModule(bytes) };
}

/** One line per exported function, sorted: `name(parameters) → results`. */
function abiOf(module: ReturnType<typeof parseModule>): string {
  const lines = module.exports
    .filter((entry) => entry.kind === "function")
    .map((entry) => {
      const type = module.typeOfFunction(entry.index);
      return `${entry.name}(${type.parameters.join(", ")}) → ${type.results.join(", ") || "nothing"}`;
    });
  return `${lines.sort().join("\n")}\n`;
}

for (const variant of VARIANTS) {
  describe(`core.release.${variant}`, () => {
    test("has no data segment: each instantiation would write it over live memory", async () => {
      const { module } = await release(variant);
      expect(module.dataSegments).toBe(0);
    });

    test("imports one shared memory and nothing else", async () => {
      const { module } = await release(variant);
      const memory: Import = {
        from: "env",
        name: "memory",
        kind: "memory",
        limits: { shared: true, initial: 17, maximum: MAX_PAGES },
      };
      expect(module.imports).toEqual([memory]);
    });

    test("exports functions only, no global", async () => {
      const { module } = await release(variant);
      expect(module.exports.filter((entry) => entry.kind !== "function")).toEqual([]);
    });

    test("carries no words of an assertion", async () => {
      const { bytes } = await release(variant);
      const text = new TextDecoder("utf-16le").decode(bytes) + new TextDecoder("latin1").decode(bytes);
      for (const word of ["assert", "abort", "~lib", ".ts", "unexpected"]) expect(text.includes(word)).toBe(false);
    });

    // Regenerate with: UPDATE_GOLDEN=1 bun test tests/core/index.test.ts
    test("exports the ABI of the golden file", async () => {
      const { module } = await release(variant);
      const abi = abiOf(module);
      if (process.env.UPDATE_GOLDEN) await Bun.write(GOLDEN, abi);
      expect(abi).toBe(await Bun.file(GOLDEN).text());
    });
  });
}
