/* Does every page show real data as the server has it, on wide and narrow screens, light and dark, without an error? */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { CHROMIUM, POINTS, SCRIPT, serveCities, startBrowser, tableIn, view } from "./opened.ts";

setDefaultTimeout(60_000);

async function tile(page: Page, name: string): Promise<string> {
  const found = page.locator(".tile", { has: page.locator(`dt:text-is("${name}")`) });
  return (await found.locator("dd").first().textContent())!;
}

describe.skipIf(CHROMIUM === undefined)("in a browser", () => {
  let browser: Browser;
  let cities: Awaited<ReturnType<typeof serveCities>>;
  beforeAll(async () => {
    [browser, cities] = await Promise.all([startBrowser(), serveCities()]);
  });
  afterAll(async () => {
    await browser?.close();
    await cities?.[Symbol.asyncDispose]();
  });

  const open = (place: string, look = {}) => view(browser, cities.serving.url, place, look);

  test("the scheduler's figures are those of stats()", async () => {
    const { page, wrong } = await open("scheduler");
    await page.locator(".state.live").waitFor();
    await page.getByLabel("Collection", { exact: true }).selectOption("cities");
    const rows = await tableIn(page, "Workers");
    const stats = await cities.serving.store.use("cities", (index) => index.stats());
    expect(rows.map(([worker, state, queue]) => [worker, state, queue])).toEqual([
      ["0", "runs", "0"],
      ["1", "runs", "0"],
    ]);
    expect(rows.map((row) => [row[7], row[8], row[9]])).toEqual(
      stats.workers.map(({ steals, stolen, restarts }) =>
        [steals, stolen, restarts].map((n) => n.toLocaleString("en")),
      ),
    );
    const matrix = await tableIn(page, "Ops stolen since the collection was opened");
    expect(matrix.map(([, ...cells]) => cells)).toEqual(
      stats.workers.map(({ worker, stolenFrom }) =>
        stolenFrom.map((ops, from) => (from === worker ? "" : ops.toLocaleString("en"))),
      ),
    );
    expect(await page.getByRole("img", { name: /^Queue depth: worker 0 0 ops, worker 1 0 ops$/ }).count()).toBe(1);
    expect(wrong).toEqual([]);
    await page.close();
  });

  test("collections are listed, filtered and sorted, and one is shown with its fields and spaces", async () => {
    const { page, wrong } = await open("collections");
    await page.locator(".state.live").waitFor();
    const names = async () => (await tableIn(page, "Collections")).map(([name]) => name);
    expect(await names()).toEqual(["cities", "empty"]);
    await page.getByRole("button", { name: "Name" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    expect(await names()).toEqual(["empty", "cities"]);
    await page.getByLabel("Name contains").fill("CIT");
    const [row] = await tableIn(page, "Collections");
    const stats = await cities.serving.store.use("cities", (index) => index.stats());
    expect(row!.slice(0, 6)).toEqual(["cities", "open", POINTS.toLocaleString("en"), "0", "1", "1"]);
    await page.getByRole("link", { name: "cities" }).click();
    expect((await tableIn(page, "Indexed fields"))[0]).toEqual(["country", "keyword", POINTS.toLocaleString("en")]);
    const [space] = stats.spaces;
    const [shown] = await tableIn(page, "Spaces");
    expect(shown![2]).toMatch(/ef \d+$/); // with the recall, once it was measured
    expect(shown!.toSpliced(2, 1).slice(0, 4)).toEqual([
      "points",
      `graph, by ${space!.beam}`,
      space!.live.toLocaleString("en"),
      `${space!.dead}`,
    ]);
    expect(await tile(page, "Points")).toBe(POINTS.toLocaleString("en"));
    for (const name of ["b", "a"]) {
      await cities.serving.store.use("cities", (index) => index.space(name).add(1, [1, 2, 3, 4]));
    }
    await page.getByRole("button", { name: "Load again" }).click();
    const spaces = page.locator("section[aria-label=Spaces]");
    const order = () => spaces.locator("tbody td:first-child").allTextContents();
    await spaces.getByText("1 to 3 of 3").waitFor();
    expect(await order()).toEqual(["a", "b", "points"]);
    for (const direction of ["ascending", "descending"]) {
      await spaces.getByRole("button", { name: "Live" }).click();
      await spaces.locator(`th[aria-sort=${direction}]`).waitFor();
    }
    await spaces.locator("tbody tr:first-child", { hasText: "points" }).waitFor();
    expect(await order()).toEqual(["points", "a", "b"]);
    await spaces.getByLabel("Name contains").fill("nothing");
    await spaces.getByText("No space.").waitFor();
    for (const name of ["b", "a"]) await cities.serving.store.use("cities", (index) => index.dropSpace(name));
    expect(wrong).toEqual([]);
    await page.close();
  });

  test("storage shows what the journal has written", async () => {
    const { page, wrong } = await open("storage");
    const rows = await tableIn(page, "Journals and snapshots since opening");
    const { journal } = await cities.serving.store.use("cities", (index) => index.stats());
    const row = rows.find(([name]) => name === "cities")!;
    expect(row.slice(1, 3)).toEqual([journal!.ops, journal!.groups].map((n) => n.toLocaleString("en")));
    expect(await page.getByRole("heading", { name: "What opening cities found" }).count()).toBe(1);
    expect(wrong).toEqual([]);
    await page.close();
  });

  test("points are found by id, vector, similarity and filter; documents are texts", async () => {
    const { page, wrong } = await open("points/cities");
    const ids = async () => (await tableIn(page, "Points")).map(([id]) => id);
    expect(await ids()).toEqual(Array.from({ length: 20 }, (_, id) => `${id}`));
    expect(await page.locator("td code", { hasText: "onerror" }).textContent()).toContain(JSON.stringify(SCRIPT));
    await page.getByRole("button", { name: "Next page" }).click();
    await page.getByRole("button", { name: "20", exact: true }).waitFor();
    await page.getByLabel("Show").selectOption("near a vector");
    await page.getByLabel("Vector, as JSON").fill("[100, 18, 12, 1]");
    await page.getByLabel("Filter, as JSON").fill('{"must": [{"key": "country", "match": {"value": "Peru"}}]}');
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("th", { hasText: "Score" }).waitFor();
    const { json } = await cities.serving.call("POST", "/collections/cities/points/query", {
      ...{ query: [100, 18, 12, 1], limit: 20 },
      filter: { must: [{ key: "country", match: { value: "Peru" } }] },
    });
    expect(await ids()).toEqual(json.result.points.map(({ id }: { id: number }) => `${id}`));
    await page.getByLabel("Filter, as JSON").fill("{");
    await page.getByRole("button", { name: "Search" }).click();
    expect(await page.getByRole("alert").textContent()).toStartWith("The filter is not JSON: ");
    expect(await page.title()).toBe("hnsw-workers");
    expect(wrong).toEqual([]);
    await page.close();
  });

  test("a point is edited and deleted, by the keyboard as well", async () => {
    const { page, wrong } = await open("points/cities");
    await page.getByRole("button", { name: "7", exact: true }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Point 7" });
    await dialog.getByLabel("Document").fill('{"name": "Ås", "id": 18446744073709551615}');
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator("td code", { hasText: "Ås" }).waitFor();
    const { text } = await cities.serving.call("GET", "/collections/cities/points/7");
    expect(text).toContain('"payload":{"name":"Ås","id":18446744073709551615}');
    await page.getByRole("button", { name: "8", exact: true }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it for good" }).click();
    await page.getByRole("button", { name: "8", exact: true }).waitFor({ state: "detached" });
    expect((await cities.serving.call("GET", "/collections/cities/points/8")).status).toBe(404);
    await page.getByRole("button", { name: "9", exact: true }).click();
    await page.getByRole("dialog", { name: "Point 9" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(wrong).toEqual([]);
    await page.close();
    const vector = [8, (8 * 7) % 31, (8 * 11) % 17, 1];
    await cities.serving.call("PUT", "/collections/cities/points?wait=true", { points: [{ id: 8, vector }] });
  });

  test("every page fits a screen of 360 pixels, in the dark, and names what can be used", async () => {
    const { page, wrong } = await open("", { width: 360, dark: true });
    await page.locator(".state.live").waitFor();
    for (const place of ["scheduler", "collections", "collections/cities", "points/cities", "map/cities", "storage"]) {
      await page.evaluate(`location.hash = "/${place}"`);
      await page.locator("tbody tr, canvas").first().waitFor();
      const looks = `[document.scrollingElement.scrollWidth, getComputedStyle(document.body).backgroundColor]`;
      expect([place, await page.evaluate<unknown>(looks)]).toEqual([place, [360, "rgb(20, 22, 26)"]]);
      const unnamed = `[...document.querySelectorAll("button, a, input, select, textarea, [role=img], section")].filter(
        (one) => !one.textContent.trim() && !one.ariaLabel && !one.labels?.[0]?.textContent.trim()).length`;
      expect([place, await page.evaluate<unknown>(unnamed)]).toEqual([place, 0]);
    }
    expect(wrong).toEqual([]);
    await page.close();
  });
});
