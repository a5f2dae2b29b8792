// How fast and how good are LanceDB's filtered searches? Its vectors in its HNSW index, the fields in its trees, filtered
// before the search, all by its defaults. The program of a child process.

import { type Dataset, loadDataset, TRUTH_K } from "../../datasets/index.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";
import { columnsOf, conditionsOf, FIELDS } from "./conditions.ts";
import { loopOver } from "./loop.ts";
import { documentOf, type FiltersTask, timed } from "./measure.ts";

const PIECE = 10_000; // rows of one call

export interface LanceMeasurement {
  /** In the order of the conditions. */
  rows: { ms: number; recall: number }[];
}

async function measure({ set, n, queries }: FiltersTask): Promise<LanceMeasurement> {
  const data = await loadDataset(set, n);
  const columns = columnsOf(data);
  using folder = new TemporaryFolder();
  const table = await tableOf(folder.path, data, (row) => documentOf(columns, row));
  const rows: LanceMeasurement["rows"] = [];
  for (const condition of conditionsOf(data, queries)) {
    const where = Object.entries(condition.below).map(([field, bound]) => `${field} < ${bound}`);
    const search = (query: number) =>
      table
        .query()
        .nearestTo(data.queries.subarray(query * data.dimensions, (query + 1) * data.dimensions))
        .where(where.join(" AND "))
        .select(["id"])
        .limit(TRUTH_K)
        .toArray();
    const { ms, results } = await timed(condition.queries, search);
    const recalls = results.map((hits, i) => {
      const wanted = loopOver(data, columns, condition, condition.queries[i]!, TRUTH_K);
      return wanted.length === 0 ? 1 : hits.filter(({ id }) => wanted.includes(Number(id))).length / wanted.length;
    });
    rows.push({ ms, recall: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length });
  }
  return { rows };
}

async function tableOf(path: string, { n, dimensions, base }: Dataset, fieldsOf: (row: number) => object) {
  const { connect, Index } = await import("@lancedb/lancedb");
  const database = await connect(path);
  const piece = (from: number) =>
    Array.from({ length: Math.min(PIECE, n - from) }, (_, i) => {
      const at = (from + i) * dimensions;
      return { id: from + i, vector: Array.from(base.subarray(at, at + dimensions)), ...fieldsOf(from + i) };
    });
  const table = await database.createTable("vectors", piece(0));
  for (let from = PIECE; from < n; from += PIECE) await table.add(piece(from));
  await table.createIndex("vector", { config: Index.hnswSq({ distanceType: "cosine" }) });
  for (const field of FIELDS) await table.createIndex(field, { config: Index.btree() });
  return table;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
