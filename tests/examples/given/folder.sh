echo '{"key":"doc-1","vector":[1,0,0]}' | hnsw-workers import ./vectors - --space tenant-42 --dimensions 3
mkdir backups
bun -e '
  const head = "{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: (2, 3), }".padEnd(117) + "\n";
  const start = [0x93, ...Buffer.from("NUMPY"), 1, 0, head.length, 0];
  const floats = new Uint8Array(new Float32Array([1, 0, 0, 0, 1, 0]).buffer);
  await Bun.write("embeddings.npy", new Uint8Array([...start, ...Buffer.from(head), ...floats]));
  await Bun.write("ids.txt", "a\nb\n");
'
