cp "$GIVEN/../../dropin/given/cosine.hnswlib" old.hnswlib
