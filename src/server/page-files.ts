/*
 * Which files make up the dashboard? This is for a checkout, where they are bundled when they are first asked for: a build
 * has another module in place of this one, which `.ci/bundle.ts` writes.
 */

export interface PageFile {
  /** Its media type. */
  type: string;
  text: string;
}

/** By name. */
export async function pageFiles(): Promise<Record<string, PageFile>> {
  const { bundlePage } = await import("../../.ci/bundle-page.ts");
  return await bundlePage();
}
