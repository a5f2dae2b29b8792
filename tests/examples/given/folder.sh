echo '{"key":"doc-1","vector":[1,0,0]}' | hnsw-workers import ./vectors - --space tenant-42 --dimensions 3
mkdir backups
bun "$GIVEN/matrix.ts" embeddings.npy
printf 'a\nb\n' > ids.txt
