/* How many bytes do the rows of a space take: documents, columns, dictionaries? Counted when asked for. */
import { COLUMN_CELLS, COLUMN_DICTIONARY, COLUMN_LISTS, D_ENTRIES, D_HEADER, G_COLUMNS, G_ROWS } from "../layout";
import { bytesOf } from "../memory/arena";
import { heapBytes } from "../vectors/heap";
import { columnAt, columnsOf } from "./columns";
import { dictionaryBytes as bytesOfDictionary, keywordBytes } from "./dictionary";
import { chainBytes } from "./directories";

export let documentBytes: u32 = 0, columnBytes: u32 = 0, dictionaryBytes: u32 = 0;

export function startBytes(): void {
  documentBytes = columnBytes = dictionaryBytes = 0;
}

/** Adds those of a generation. Partition lock held. */
export function addBytesOf(generation: usize): void {
  let keywords: u32 = 0;
  const columns = columnsOf(generation);
  for (let column: u32 = 0; column < columns; column++) {
    const at = columnAt(generation, column);
    keywords += keywordBytes(at);
    dictionaryBytes += bytesOfDictionary(at + COLUMN_DICTIONARY);
    documentBytes += heapBytes(at + COLUMN_LISTS);
    columnBytes += chainBytes(at + COLUMN_CELLS) + cellBytes(load<u32>(at + COLUMN_CELLS));
  }
  columnBytes += chainBytes(generation + G_COLUMNS);
  dictionaryBytes += keywords;
  documentBytes += heapBytes(generation + G_ROWS) - keywords; // with room for more
}

function cellBytes(directory: usize): u32 {
  let bytes: u32 = 0;
  const chunks: u32 = directory == 0 ? 0 : load<u32>(directory + D_ENTRIES);
  for (let i: u32 = 0; i < chunks; i++) {
    const cells: usize = load<u32>(directory + D_HEADER + i * 4);
    if (cells != 0) bytes += bytesOf(cells);
  }
  return bytes;
}
