mkdir chroma && tar -xzf "$GIVEN/../../cli/given/chroma-1.5.9.tar.gz" -C chroma
