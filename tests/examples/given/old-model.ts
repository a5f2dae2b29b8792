import { Database } from "bun:sqlite";
import { open as openOld } from "hnsw-workers";

export const store = new Database("texts.sqlite");
store.run("CREATE TABLE articles (key TEXT PRIMARY KEY, text TEXT) STRICT");
export const textOf = (key: string) => {
  return store.query<{ text: string }, [string]>("SELECT text FROM articles WHERE key = ?").get(key)?.text;
};
export const oldEmbed = (text: string): Float32Array => new Float32Array([text.length, 1]);
export const old = await openOld({ dimensions: 2, path: "./vectors-1" });
for (const [key, text] of [
  ["a", "notes on the engine"],
  ["b", "zzz"],
] as const) {
  store.run("INSERT INTO articles VALUES (?, ?)", [key, text]);
  await old.space("articles").add(key, oldEmbed(text));
}
