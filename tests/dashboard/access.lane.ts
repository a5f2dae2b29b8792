/* May the page be framed, guessed or used without a right? Its files are open, its data are not. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { Serving } from "../server/serving.ts";
import { CHROMIUM, serveCities, startBrowser, view } from "./opened.ts";

setDefaultTimeout(60_000);

describe("its files", () => {
  test("need no key, may not be framed, load nothing from elsewhere, and are small", async () => {
    await using serving = await Serving.start({ apiKey: "k" });
    const page = await serving.call("GET", "/dashboard");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = page.headers.get("content-security-policy")!;
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.text).not.toMatch(/https?:\/\//);
    let bytes = 0;
    for (const file of ["main.js", "main.css"]) {
      const { status, text } = await serving.call("GET", `/dashboard/${file}`);
      expect(status).toBe(200);
      bytes += Bun.gzipSync(text).length;
    }
    expect(bytes).toBeLessThan(100_000);
    for (const path of ["/dashboard/x.js", "/dashboard/index.html", "/dashboard/a/b"]) {
      expect((await serving.call("GET", path)).status).toBe(401);
    }
    expect((await serving.call("POST", "/dashboard", {})).status).toBe(401);
  });

  test("are sent once, while they do not change", async () => {
    await using serving = await Serving.start();
    const first = await serving.call("GET", "/dashboard/main.js");
    const again = await serving.call("GET", "/dashboard/main.js", undefined, {
      "if-none-match": first.headers.get("etag")!,
    });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("are found below a base path, with and without a slash at the end", async () => {
    await using serving = await Serving.start({ basePath: "/vectors" });
    expect((await serving.call("GET", "/vectors/dashboard")).status).toBe(200);
    const response = await fetch(`${serving.url}/vectors/dashboard/`);
    expect([response.status, new URL(response.url).pathname]).toEqual([200, "/vectors/dashboard"]);
  });
});

describe.skipIf(CHROMIUM === undefined)("in a browser", () => {
  let browser: Browser;
  let cities: Awaited<ReturnType<typeof serveCities>>;
  beforeAll(async () => {
    [browser, cities] = await Promise.all([startBrowser(), serveCities({ apiKey: "all", readOnlyKey: "some" })]);
  });
  afterAll(async () => {
    await browser?.close();
    await cities?.[Symbol.asyncDispose]();
  });

  test.each([
    ["all", true],
    ["some", false],
  ])("the key %s is asked for, kept out of the address, and changes points: %p", async (key, writes) => {
    const { page } = await view(browser, cities.serving.url, "points/cities");
    const addresses: string[] = [];
    page.on("request", (request) => void addresses.push(request.url()));
    await page.getByLabel("Key or token").fill("wrong");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("Invalid API key").waitFor();
    await page.getByLabel("Key or token").fill(key);
    await page.getByLabel("Key or token").press("Enter");
    await page.getByRole("button", { name: "3", exact: true }).click();
    await page.getByLabel("Document").waitFor();
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(writes ? 1 : 0);
    expect(await page.getByRole("button", { name: "Save" }).count()).toBe(writes ? 1 : 0);
    expect(await page.getByLabel("Document").isEditable()).toBe(writes);
    await page.keyboard.press("Escape");
    await page.locator(".state.live").waitFor();
    expect(addresses.filter((address) => address.includes(key) && !address.includes("collections/"))).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Key or token").waitFor();
    await page.close();
  });
});
