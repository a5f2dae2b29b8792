"""Made the .npz, .arrow and .arrows files beside it, with NumPy and PyArrow of the versions that it prints."""

import datetime

import numpy
import pyarrow
import pyarrow.feather

vectors = (numpy.arange(15, dtype="<f4").reshape(5, 3) - 7) / 10
numpy.savez("texts.npz", vectors=vectors, keys=numpy.array(["a", "b", "çé", "𝄞", "e" * 9]))
numpy.savez_compressed("integers.npz", embeddings=vectors.astype("<f8"), ids=numpy.array([1, 2, 3, -4, 2**63 - 1]))
numpy.savez("alone.npz", vectors)
numpy.savez("objects.npz", vectors=vectors, keys=numpy.array(["a", 1, None, "b", "c"], dtype=object))
numpy.savez("others.npz", left=vectors, right=-vectors, names=numpy.array([b"v", b"w", b"x", b"y", b"z"]))

rows = 5
columns = {
    "id": pyarrow.array([f"row-{i}" for i in range(rows)]),
    "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), 3),
    "wide": pyarrow.array([[1.5, i] for i in range(rows)], pyarrow.list_(pyarrow.float64())),
    "number": pyarrow.array([2**53 + i for i in range(rows)], pyarrow.int64()),
    "tags": pyarrow.array([["a", "b"], [], None, ["c"], ["d"]]),
    "day": pyarrow.array([datetime.datetime(2026, 1, 1 + i, 12) for i in range(rows)], pyarrow.timestamp("us")),
    "kind": pyarrow.array(["x", "y", None, "x", "y"]).dictionary_encode(),
    "deep": pyarrow.array([{"n": i, "text": "ü"} for i in range(rows)]),
}
table = pyarrow.table(columns)
with pyarrow.ipc.new_file("rows.arrow", table.schema) as writer:
    writer.write_table(table, max_chunksize=2)
with pyarrow.ipc.new_stream("rows.arrows", table.schema) as writer:
    writer.write_table(table, max_chunksize=2)
pyarrow.feather.write_feather(table, "zstd.feather", compression="zstd")
pyarrow.feather.write_feather(table, "lz4.feather", compression="lz4")
print(numpy.__version__, pyarrow.__version__)
