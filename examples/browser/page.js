/* How does a page search an index that a server built? It loads the snapshot once; searches never leave the page. */

// The build without relaxed SIMD: not every browser has it.
import coreFile from "hnsw-workers/core.baseline.wasm" with { type: "file" };
import { openSearch } from "hnsw-workers/search";
import { embed } from "../foods/trigrams.js";

const [input, status, list] = ["query", "status", "hits"].map((id) => document.getElementById(id));

const core = await WebAssembly.compileStreaming(fetch(new URL(coreFile, import.meta.url)));
const index = await openSearch({ from: await fetch("foods.bin"), core });
const foods = index.space("foods");
const size = foods.size.toLocaleString("en");
status.textContent = `${size} names`;
input.disabled = false;
input.focus();

let asked = 0;
input.addEventListener("input", async () => {
  const mine = ++asked;
  const start = performance.now();
  const hits = input.value.trim() === "" ? [] : await foods.search(embed(input.value), { k: 8 });
  if (mine !== asked) return; // a newer letter was typed meanwhile
  status.textContent = `${size} names, searched in ${(performance.now() - start).toFixed(1)} ms`;
  list.replaceChildren(...hits.map(row));
  list.dataset.query = input.value;
});

function row({ key, distance }) {
  const item = document.createElement("li");
  const texts = [key, distance.toFixed(3)];
  item.append(...texts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  return item;
}
