// What do we use of the peers' APIs? Declared here so that `tsc` passes where bench/node_modules is not installed.

declare module "usearch" {
  interface Config {
    dimensions: number;
    metric: "ip" | "cos";
    quantization: "f32" | "f16" | "bf16" | "i8";
    connectivity: number;
    expansion_add: number;
    expansion_search: number;
    multi: boolean;
  }
  class Index {
    constructor(config: Config);
    add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
    search(query: Float32Array, k: number, threads: number): { keys: BigUint64Array; distances: Float32Array };
    save(path: string): void;
    load(path: string): void;
  }
  const usearch: { Index: typeof Index };

  export type { Config, Index };
  export default usearch;
}

declare module "vectorlite" {
  const vectorlite: { vectorlitePath(): string };
  export default vectorlite;
}

declare module "hnswlib-node" {
  class HierarchicalNSW {
    constructor(space: "ip" | "cosine" | "l2", dimensions: number);
    initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void;
    addPoint(point: number[], label: number): void;
    setEf(ef: number): void;
    searchKnn(query: number[], k: number): { neighbors: number[]; distances: number[] };
    writeIndexSync(path: string): void;
    readIndexSync(path: string): void;
  }
  const hnswlib: { HierarchicalNSW: typeof HierarchicalNSW };

  export type { HierarchicalNSW };
  export default hnswlib;
}

declare module "hnswlib-wasm/dist/hnswlib-317962d7.js" {
  class HierarchicalNSW {
    constructor(space: "ip" | "cosine" | "l2", dimensions: number, autoSaveFilename: string);
    initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void;
    addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void;
    setEfSearch(ef: number): void;
    searchKnn(query: Float32Array, k: number, filter: undefined): { neighbors: number[]; distances: number[] };
  }
  function load(): Promise<{ HierarchicalNSW: typeof HierarchicalNSW }>;

  export default load;
}

declare module "edgevec" {
  class EdgeVecConfig {
    constructor(dimensions: number);
    metric: "l2";
    m: number;
    m0: number;
    ef_construction: number;
    ef_search: number;
  }
  class EdgeVec {
    constructor(config: EdgeVecConfig);
    insertBatchFlat(vectors: Float32Array, count: number): Uint32Array;
    search(query: Float32Array, k: number): { id: number; score: number }[];
    save_stream(chunkBytes: number): { next_chunk(): Uint8Array | undefined };
    free(): void;
  }
  function init(): Promise<void>;

  export { EdgeVec, EdgeVecConfig };
  export default init;
}

declare module "vega-lite" {
  /** A plot as data: https://vega.github.io/vega-lite/docs/ */
  type TopLevelSpec = Record<string, unknown>;
  function compile(spec: TopLevelSpec): { spec: object };

  export { compile, type TopLevelSpec };
}

declare module "vega" {
  class View {
    constructor(runtime: object, options: { renderer: "none" });
    toSVG(): Promise<string>;
  }
  function parse(spec: object): object;

  export { parse, View };
}

declare module "@lancedb/lancedb" {
  interface Query {
    nearestTo(vector: Float32Array): Query;
    where(condition: string): Query;
    select(columns: string[]): Query;
    limit(count: number): Query;
    toArray(): Promise<{ id: number | bigint }[]>;
  }
  interface Table {
    add(rows: object[]): Promise<unknown>;
    createIndex(column: string, options: { config: Index }): Promise<void>;
    query(): Query;
  }
  interface Index {
    readonly kind: unique symbol;
  }
  const Index: { hnswSq(options: { distanceType: "cosine" }): Index; btree(): Index };
  function connect(path: string): Promise<{ createTable(name: string, rows: object[]): Promise<Table> }>;
}
