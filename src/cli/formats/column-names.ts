/* Under which names are vectors and keys expected in tables, unless the user names others? */
export const VECTORS = ["vector", "embedding"];
export const KEYS = ["key", "id"];
