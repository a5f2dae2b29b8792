// How is vectorlite measured? As the SQLite extension it is, in memory, prepared statements, one transaction.

import { Database } from "bun:sqlite";
import { MAIN_EF } from "../kit/curve.ts";
import { type Contender, EF_CONSTRUCTION, M, missingPackage, type Plan, type Store } from "./contender.ts";

export const vectorlite: Contender = {
  name: "vectorlite",
  settings: `ip, M ${M}, ef_construction ${EF_CONSTRUCTION}, bun:sqlite in memory, one transaction; saved by closing`,
  ours: false,
  maxThreads: 1,
  hostThread: false,
  available: () =>
    missingPackage("vectorlite") ?? missingPackage(`@1yefuwang1/vectorlite-${process.platform}-${process.arch}`),
  open,
  load: open,
};

/** The graph is in memory and is written to the file when the database is closed; an existing file is read. */
async function open({ n, dimensions, path }: Plan): Promise<Store> {
  const { vectorlitePath } = (await import("vectorlite")).default;
  const database = new Database(":memory:");
  database.loadExtension(vectorlitePath());
  const graph = `hnsw(max_elements=${n}, M=${M}, ef_construction=${EF_CONSTRUCTION})`;
  database.run(`create virtual table items using vectorlite(vector float32[${dimensions}] ip, ${graph}, '${path}')`);
  const insert = database.prepare("insert into items(rowid, vector) values (?, ?)");
  const select = database.prepare<unknown, [Uint8Array, number, number]>(
    "select rowid from items where knn_search(vector, knn_param(?, ?, ?))",
  );
  const close = () => {
    insert.finalize();
    select.finalize();
    database.close(true);
  };
  let ef = MAIN_EF;
  return {
    add: (base) => {
      database.transaction(() => {
        for (let row = 0; row < base.length / dimensions; row++) {
          insert.run(row, blob(base.subarray(row * dimensions, (row + 1) * dimensions)));
        }
      })();
    },
    setEf: (next) => {
      ef = next;
    },
    search: (query, k) => select.values(blob(query), k, ef).map((row) => row[0] as number),
    save: close,
    close,
  };
}

function blob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
