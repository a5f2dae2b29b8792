/* Does the map show a sample of the points with their colours and neighbours, and does the demo's load make workers steal? */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { Serving } from "../server/serving.ts";
import { CHROMIUM, serveCities, startBrowser, tableIn, view } from "./opened.ts";

setDefaultTimeout(60_000);

describe("the demo's load", () => {
  test("is refused where it was not allowed, or where its name belongs to something else", async () => {
    await using plain = await Serving.start();
    expect((await plain.call("POST", "/v1/demo", { run: true })).status).toBe(403);
    expect((await plain.call("GET", "/v1/session")).result).toEqual({
      right: "manage",
      collections: {},
      spaces: [],
      demo: false,
    });
    await using serving = await Serving.start({ demo: true, apiKey: "all", readOnlyKey: "some" });
    const as = (key: string) => ({ "api-key": key });
    await serving.call("PUT", "/collections/demo", { vectors: { size: 2, distance: "Dot" } }, as("all"));
    expect((await serving.call("POST", "/v1/demo", { run: true }, as("some"))).status).toBe(403);
    const { status, json } = await serving.call("POST", "/v1/demo", { run: true }, as("all"));
    expect([status, json.status.error]).toEqual([409, expect.stringContaining("`demo`")]);
    expect((await serving.call("GET", "/v1/session", undefined, as("some"))).result.demo).toBe(false);
  });
});

describe.skipIf(CHROMIUM === undefined)("in a browser", () => {
  let browser: Browser;
  let cities: Awaited<ReturnType<typeof serveCities>>;
  beforeAll(async () => {
    [browser, cities] = await Promise.all([startBrowser(), serveCities({ demo: true })]);
  });
  afterAll(async () => {
    await browser?.close();
    await cities?.[Symbol.asyncDispose]();
  });

  test("a point of the map is picked by its id and by a click, and shows its neighbours", async () => {
    const { page, wrong } = await view(browser, cities.serving.url, "map/cities", { width: 360 });
    await page.getByLabel("Colour by field").fill("country");
    await page.getByRole("button", { name: "Show" }).click();
    await page.locator("main .legend li", { hasText: "Norway" }).waitFor();
    await page.getByLabel("Points at most").selectOption("5000");
    const canvas = page.getByRole("img", { name: "3,000 points of cities in two dimensions" });
    await canvas.waitFor();
    await page.getByLabel("Id of a point").fill("1500");
    await page.getByRole("button", { name: "Pick" }).click();
    const neighbours = (await tableIn(page, "Nearest to 1500")).map(([id]) => id);
    const query = { query: 1500, limit: 10 };
    const { result } = await cities.serving.call("POST", "/collections/cities/points/query", query);
    expect(neighbours).toEqual(result.points.map(({ id }: { id: number }) => `${id}`));
    await page.locator("canvas[data-frame-ms]").waitFor();
    const colours = `new Set(new Uint32Array(document.querySelector("canvas").getContext("2d")
      .getImageData(0, 0, 300, 300).data.buffer)).size`;
    expect(await page.evaluate<number>(colours)).toBeGreaterThan(3);
    await canvas.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowLeft");
    // Close by the window's middle, where points lie densely.
    const { width, height } = (await canvas.boundingBox())!;
    for (let right = -60; right <= 60; right += 12) {
      await canvas.click({ position: { x: width / 2 + right, y: height / 2 } });
      if ((await page.locator("caption:text-is('Nearest to 1500')").count()) === 0) break;
    }
    await page.locator("caption", { hasText: /^Nearest to \d+$/ }).waitFor();
    expect(await page.locator("caption:text-is('Nearest to 1500')").count()).toBe(0);
    expect(await page.evaluate<number>("document.scrollingElement.scrollWidth")).toBe(360);
    expect(wrong).toEqual([]);
    await page.close();
  });

  test("a button starts the demo's load: one worker falls behind, the other one steals", async () => {
    const { page, wrong } = await view(browser, cities.serving.url, "scheduler");
    await page.getByRole("button", { name: "Start a skewed load" }).click();
    await page.getByRole("button", { name: "End the load" }).waitFor();
    await page.getByLabel("Collection", { exact: true }).selectOption("demo");
    const stolen = () =>
      cities.serving.store.use("demo", (index) => index.stats().workers.reduce((sum, one) => sum + one.stolen, 0));
    while ((await stolen()) === 0) await Bun.sleep(50);
    await page.locator("table.steals td", { hasText: /[1-9]/ }).first().waitFor();
    await page.getByRole("button", { name: "End the load" }).click();
    await page.getByRole("button", { name: "Start a skewed load" }).waitFor();
    expect((await cities.serving.call("GET", "/v1/stats")).result.demo).toBe(false);
    expect(wrong).toEqual([]);
    await page.close();
  });
});
