/* What do the tests of the dashboard share? A server with real data, and a browser that reports everything that goes wrong. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import type { HandlerOptions } from "../../src/server/server.ts";
import { Serving } from "../server/serving.ts";

/** A program, or null. CHROMIUM names another one. */
export const CHROMIUM = [process.env.CHROMIUM ?? "chromium", "chromium-browser", "google-chrome"]
  .map((name) => Bun.which(name))
  .find((path) => path !== null);
if (CHROMIUM === undefined) {
  console.warn("the dashboard is not tested in a browser: `apt-get install chromium`, or name one in CHROMIUM");
}

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: ARGS });
}

export const POINTS = 3000;
/** What would be a program if it were not shown as text. */
export const SCRIPT = "<img src=x onerror=\"document.title='broken'\">";

/** In a folder, with two workers: `cities` has a graph, `empty` has nothing. */
export async function serveCities(options: HandlerOptions = {}) {
  const path = mkdtempSync(join(tmpdir(), "hnsw-workers-dashboard-"));
  const serving = await Serving.start({ ...options, path: join(path, "data") }, { workers: 2 });
  const headers: Record<string, string> = options.apiKey === undefined ? {} : { "api-key": String(options.apiKey) };
  const done = async (method: string, at: string, body: unknown) => {
    const { status, text } = await serving.call(method, at, body, headers);
    if (status !== 200) throw new Error(text);
  };
  await done("PUT", "/collections/cities", { vectors: { size: 4, distance: "Euclid" } });
  await done("PUT", "/collections/empty", { vectors: { size: 2, distance: "Dot" } });
  await done("PUT", "/collections/cities/index?wait=true", { field_name: "country", field_schema: "keyword" });
  const points = Array.from({ length: POINTS }, (_, id) => ({
    id,
    vector: [id, (id * 7) % 31, (id * 11) % 17, 1],
    payload: { name: `city ${id}`, country: ["Norway", "Peru", "Chad"][id % 3], note: id === 5 ? SCRIPT : "" },
  }));
  await done("PUT", "/collections/cities/points?wait=true", { points });
  await serving.store.use("cities", (index) => index.flush());
  const end = async () => {
    await serving[Symbol.asyncDispose]();
    rmSync(path, { recursive: true });
  };
  return { serving, [Symbol.asyncDispose]: end };
}

export interface View {
  page: Page;
  /** What the browser and its console reported. */
  wrong: string[];
}

/** Opens a place of the dashboard. */
export async function view(browser: Browser, url: string, place: string, look: Look = {}): Promise<View> {
  const { width = 1280, dark = false } = look;
  const page = await browser.newPage({
    ...{ viewport: { width, height: 800 }, colorScheme: dark ? "dark" : "light" },
  });
  const wrong: string[] = [];
  page.on("pageerror", (error) => void wrong.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
  });
  page.setDefaultTimeout(20_000);
  await page.goto(`${url}/dashboard#/${place}`);
  return { page, wrong };
}

export interface Look {
  width?: number;
  dark?: boolean;
}

/** The cells of the table with that caption, row by row. */
export async function tableIn(page: Page, caption: string): Promise<string[][]> {
  const table = page.locator("table", { has: page.locator(`caption:text-is("${caption}")`) });
  await table.locator("tbody tr").first().waitFor();
  return await table
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
}
