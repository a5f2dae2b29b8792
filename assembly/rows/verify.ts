/* Does a slot have a row as one was put, or none at all? For the invariant walker; the partition lock is held. */
import {
  BODILESS, COLUMN_EXPIRY, COLUMN_FIELDS, COLUMN_RECORDS, FIELD_BOOLEAN, FIELD_KEYWORD, FLAG_LIST, P_FIELDS, RECORD_BYTES,
  RECORD_FLAGS, RECORD_HEADER, RECORD_KNOWN, ROW_ALL_FLAGS, ROW_HAS_DOCUMENT, ROW_IS_BODILESS, ROW_IS_EXPIRING, SLOT_DIED, WORD_CODES,
  WORD_LIST, WORD_NULL,
} from "../layout";
import { isUtf8 } from "../memory/utf8";
import { ALIVE, slotAddress, stateOf } from "../vectors/slots";
import { cellOf, columnAt, columnsOf, typeOf } from "./columns";
import { codeOf, keywordAt, keywordCount, NO_CODE } from "./dictionary";
import { wordList } from "./lists";
import { isNumberList, NUMBER_MISSING, NUMBER_NULL } from "./numbers";
import { recordOf } from "./row";

/** Whether record, expiry and values of a slot go together, and name only keywords that there are. */
export function isRowWhole(generation: usize, slot: u32): bool {
  const record = recordOf(generation, slot);
  const isBodiless = stateOf(slotAddress(generation, slot)) == BODILESS;
  const flags: u32 = record == 0 ? 0 : load<u32>(record + RECORD_FLAGS);
  if ((flags & ~ROW_ALL_FLAGS) != 0) return false;
  // A snapshot leaves out the rows of dead slots, but not their states.
  const isLeftOut = record == 0 && load<u64>(slotAddress(generation, slot) + SLOT_DIED) != ALIVE;
  if (!isLeftOut && isBodiless != ((flags & ROW_IS_BODILESS) != 0)) return false;
  if (isExpiring(generation, slot) != ((flags & ROW_IS_EXPIRING) != 0)) return false;
  const known: u32 = record == 0 ? 0 : load<u32>(record + RECORD_KNOWN);
  if (known > load<u32>(P_FIELDS) || (record != 0 && !isDocument(record, flags))) return false;
  for (let column = COLUMN_FIELDS, end = columnsOf(generation); column < end; column++) {
    const cell = cellOf(generation, column, slot);
    if (cell == 0) continue;
    // A field that it does not know may have been put halfway: it is asked for again.
    if (!isCell(columnAt(generation, column), typeOf(column - COLUMN_FIELDS), cell, record != 0)) return false;
  }
  return true;
}

function isExpiring(generation: usize, slot: u32): bool {
  const cell = cellOf(generation, COLUMN_EXPIRY, slot);
  return cell != 0 && load<u64>(cell) != NUMBER_MISSING;
}

function isDocument(record: usize, flags: u32): bool {
  const bytes = load<u32>(record + RECORD_BYTES);
  if ((flags & ROW_HAS_DOCUMENT) == 0) return bytes == 0;
  return bytes != 0 && isUtf8(record + RECORD_HEADER, record + RECORD_HEADER + bytes);
}

/** Whether a cell is one of its type; without a row, whether it is missing. */
function isCell(column: usize, type: u32, cell: usize, hasRow: bool): bool {
  if (type == FIELD_BOOLEAN) return <u32>load<u8>(cell) <= (hasRow ? FLAG_LIST | 3 : 0);
  if (type != FIELD_KEYWORD) {
    const bits = load<u64>(cell);
    if (!hasRow || bits == NUMBER_MISSING) return bits == NUMBER_MISSING;
    return bits == NUMBER_NULL || (isNumberList(bits) ? areNumbers(<u32>bits) : isFinite(load<f64>(cell)));
  }
  const word = load<u32>(cell);
  if (!hasRow) return word == 0;
  if (word <= WORD_NULL) return true;
  if ((word & WORD_LIST) == 0) return isKeyword(column, word - WORD_CODES);
  const list = wordList(word);
  for (let i = load<u32>(list); i > 0; i--) if (!isKeyword(column, load<u32>(list + (i << 2)))) return false;
  return true;
}

/** Whether a code has a keyword that leads to it, or to another code of the same keyword: a trap may leave two. */
function isKeyword(column: usize, code: u32): bool {
  if (code >= keywordCount(column)) return false;
  const keyword = keywordAt(column, code);
  return codeOf(column, keyword + 4, load<u32>(keyword)) != NO_CODE;
}

function areNumbers(list: usize): bool {
  for (let i = load<u32>(list); i > 0; i--) if (!isFinite(load<f64>(list - 4 + (i << 3)))) return false;
  return true;
}
