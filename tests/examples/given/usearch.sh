bun "$GIVEN/matrix.ts" old.npy
printf '7\n3\n' > old.keys
