"""Makes a source of vectors with its own library, and says what that library reads from it.

python source.py KIND FOLDER, in which shape.json, vectors.f32 and queries.f32 are. Writes into it the source, read.keys (a
JSON list), read.f32 (the floats as they are read back, in that order) and found.json (keys of the nearest to each query, or
null where a source has no search), and prints a JSON line: the library's name and what `import` needs to be given.
"""

import json
import sys
from pathlib import Path

import numpy

kind, folder = sys.argv[1], Path(sys.argv[2])
shape = json.loads((folder / "shape.json").read_text())
dimensions, k, ef = shape["dimensions"], shape["k"], shape["ef"]
vectors = numpy.fromfile(folder / "vectors.f32", "<f4").reshape(-1, dimensions)
queries = numpy.fromfile(folder / "queries.f32", "<f4").reshape(-1, dimensions)
count = len(vectors)
names = [f"key-{i}" for i in range(count)]


def usearch():
    import usearch
    from usearch.index import Index

    index = Index(ndim=dimensions, metric="l2sq", dtype="f32", connectivity=16, expansion_add=128, expansion_search=ef)
    index.add(numpy.arange(count, dtype=numpy.uint64), vectors, threads=1)
    index.save(str(folder / "source.usearch"))
    old = Index.restore(str(folder / "source.usearch"))
    old.expansion_search = ef
    keys = [int(key) for key in old.keys]
    found = [[int(key) for key in old.search(query, k, threads=1).keys] for query in queries]
    return f"usearch {usearch.__version__}", "source.usearch", [], keys, old.get(numpy.array(keys, dtype=numpy.uint64)), found


def hnswlib():
    from importlib.metadata import version

    import hnswlib

    index = hnswlib.Index(space="l2", dim=dimensions)
    index.init_index(max_elements=count, M=16, ef_construction=128)
    index.add_items(vectors, numpy.arange(count))
    index.save_index(str(folder / "source.hnswlib"))
    old = hnswlib.Index(space="l2", dim=dimensions)
    old.load_index(str(folder / "source.hnswlib"))
    old.set_ef(ef)
    keys = [int(key) for key in old.get_ids_list()]
    found = old.knn_query(queries, k=k)[0].astype(int).tolist()
    return f"hnswlib {version('hnswlib')}", "source.hnswlib", ["--metric", "l2"], keys, old.get_items(keys), found


def chroma():
    import chromadb

    path = str(folder / "source-chroma")
    settings = {"hnsw:space": "l2", "hnsw:M": 16, "hnsw:construction_ef": 128, "hnsw:search_ef": ef}
    collection = chromadb.PersistentClient(path).create_collection("moved", metadata=settings, embedding_function=None)
    for first in range(0, count, 5000):
        some = slice(first, first + 5000)
        documents = [{"n": i} for i in range(first, min(count, first + 5000))]
        collection.add(ids=names[some], embeddings=vectors[some], metadatas=documents)
    old = chromadb.PersistentClient(path).get_collection("moved", embedding_function=None)
    keys, floats = [], []
    for first in range(0, count, 10_000):
        page = old.get(include=["embeddings"], limit=10_000, offset=first)
        keys += page["ids"]
        floats.append(numpy.asarray(page["embeddings"], dtype="<f4"))
    found = old.query(query_embeddings=queries, n_results=k, include=[])["ids"]
    return f"Chroma {chromadb.__version__}", "source-chroma", ["--collection", "moved"], keys, numpy.vstack(floats), found


def table():
    import pyarrow

    floats = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), dimensions)
    return pyarrow.table({"id": names, "vector": floats})


def rows(read):
    return read.column("id").to_pylist(), numpy.array(read.column("vector").combine_chunks().flatten()).reshape(-1, dimensions)


def parquet():
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(table(), folder / "source.parquet")
    keys, floats = rows(pyarrow.parquet.read_table(folder / "source.parquet"))
    return f"Parquet, PyArrow {pyarrow.__version__}", "source.parquet", ["--metric", "l2"], keys, floats, None


def lancedb():
    import lancedb
    import pyarrow.parquet

    old = lancedb.connect(folder / "source-lance").create_table("moved", table())
    pyarrow.parquet.write_table(old.to_arrow(), folder / "lance.parquet")
    keys, floats = rows(old.to_arrow())
    found = [[row["id"] for row in old.search(query).limit(k).to_list()] for query in queries]
    return f"LanceDB {lancedb.__version__}, by Parquet", "lance.parquet", ["--metric", "l2"], keys, floats, found


def arrow():
    import pyarrow

    with pyarrow.ipc.new_file(folder / "source.arrow", table().schema) as writer:
        writer.write_table(table())
    keys, floats = rows(pyarrow.ipc.open_file(folder / "source.arrow").read_all())
    return f"Arrow IPC, PyArrow {pyarrow.__version__}", "source.arrow", ["--metric", "l2"], keys, floats, None


def npz():
    numpy.savez_compressed(folder / "source.npz", vectors=vectors, keys=numpy.array(names))
    read = numpy.load(folder / "source.npz")
    return f"`.npz`, NumPy {numpy.__version__}", "source.npz", ["--metric", "l2"], read["keys"].tolist(), read["vectors"], None


def npy():
    numpy.save(folder / "source.npy", vectors)
    read = numpy.load(folder / "source.npy")
    return f"`.npy`, NumPy {numpy.__version__}", "source.npy", ["--metric", "l2"], list(range(count)), read, None


name, source, options, keys, floats, found = globals()[kind]()
(folder / "read.keys").write_text(json.dumps(keys))
numpy.ascontiguousarray(floats, dtype="<f4").tofile(folder / "read.f32")
(folder / "found.json").write_text(json.dumps(found))
print(json.dumps({"name": name, "file": source, "options": options}))
