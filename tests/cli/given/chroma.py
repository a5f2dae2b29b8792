"""Made the folders beside it, with chromadb of the version in their names: python chroma.py PATH > PATH/records.json

Every collection has writes that are in its segment, writes that are in the queue alone, and writes of both kinds to ids that
are there, deleted or unknown. The output is what Chroma itself returns after it was opened again.
"""

import json
import sys

import chromadb
import numpy

client = chromadb.PersistentClient(path=sys.argv[1])
random = numpy.random.default_rng(1)
for space in ["l2", "cosine", "ip"]:
    settings = {"hnsw:space": space, "hnsw:sync_threshold": 10, "hnsw:batch_size": 5}
    collection = client.get_or_create_collection(f"{space}-one", metadata=settings, embedding_function=None)
    vectors = random.standard_normal((24, 3)).astype("f4")
    for first in range(0, 24, 6):
        some = range(first, first + 6)
        collection.add(
            ids=[f"id-{i}" for i in some],
            embeddings=vectors[first : first + 6].tolist(),
            documents=[f"text {i}" for i in some],
            metadatas=[{"n": i, "x": i / 2, "even": i % 2 == 0, "name": f"n{i}"} for i in some],
        )
    collection.delete(ids=["id-3", "id-20"])
    collection.add(ids=["id-4"], embeddings=[[5.0, 5.0, 5.0]])
    collection.update(ids=["id-5"], embeddings=[[9.0, 8.0, 7.0]], metadatas=[{"n": 55}])
    collection.update(ids=["id-99"], embeddings=[[9.0, 8.0, 7.0]])
    collection.upsert(ids=["späť"], embeddings=[[1.0, 2.0, 4.0]], metadatas=[{"z": "é"}])
    collection.upsert(ids=["bare"], embeddings=[[1.0, 2.0, 5.0]])
queue = client.get_or_create_collection("queue-only", embedding_function=None)
queue.add(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]])
del client, collection, queue

client = chromadb.PersistentClient(path=sys.argv[1])
found = {}
for name in ["l2-one", "cosine-one", "ip-one", "queue-only"]:
    records = client.get_collection(name, embedding_function=None).get(include=["embeddings", "metadatas", "documents"])
    rows = zip(records["ids"], records["embeddings"], records["metadatas"], records["documents"])
    found[name] = [{"key": k, "vector": [float(x) for x in v], "metadata": m, "text": t} for k, v, m, t in rows]
json.dump({"version": chromadb.__version__, "collections": found}, sys.stdout, ensure_ascii=False, indent=1)
