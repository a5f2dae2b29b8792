/*
 * How does a page search an index that a server built, and add to it? It loads the snapshot once, and nothing that is
 * typed leaves the page. If the page is cross-origin isolated, workers link what is added, otherwise its own thread does.
 */

import { open } from "hnsw-workers";
// The builds without relaxed SIMD: not every browser has it.
import alone from "hnsw-workers/core.baseline.wasm" with { type: "file" };
import shared from "hnsw-workers/core.shared.baseline.wasm" with { type: "file" };
import { DIMENSIONS, embed } from "../foods/trigrams.js";

const [form, input, status, list] = ["form", "query", "status", "hits"].map((id) => document.getElementById(id));

const coreFile = new URL(crossOriginIsolated ? shared : alone, import.meta.url);
const core = await WebAssembly.compileStreaming(fetch(coreFile));
const from = await fetch("foods.bin");
const index = await open({ dimensions: DIMENSIONS, partitions: 1, from, core });
const foods = index.space("foods");
const { workers } = index.options;
const threads = workers === 0 ? "one thread" : `${workers} worker${workers === 1 ? "" : "s"}`;
showStatus();
input.disabled = false;
input.focus();

let asked = 0;
input.addEventListener("input", search);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = input.value.trim();
  if (name === "") return;
  await foods.add(name, embed(name));
  await search(); // finds it, linked or not
});

async function search() {
  const mine = ++asked;
  const start = performance.now();
  const hits = input.value.trim() === "" ? [] : await foods.search(embed(input.value), { k: 8 });
  if (mine !== asked) return; // more was typed since
  showStatus(`, searched in ${(performance.now() - start).toFixed(1)} ms`);
  list.replaceChildren(...hits.map(row));
  list.dataset.query = input.value;
}

function showStatus(more = "") {
  status.textContent = `${foods.size.toLocaleString("en")} names, ${threads}${more}`;
}

function row({ key, distance }) {
  const item = document.createElement("li");
  const texts = [key, distance.toFixed(3)];
  item.append(...texts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  return item;
}
