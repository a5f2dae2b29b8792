cp "$GIVEN/../../dropin/given/f32.usearch" old.usearch
