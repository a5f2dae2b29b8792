export const query = Float32Array.from({ length: 384 }, (_, i) => Math.sin(i));
export const vector = query.toReversed();
export const keys = Array.from({ length: 100 }, (_, i) => `doc-${i}`);
export const vectors = Float32Array.from({ length: keys.length * 384 }, (_, i) => Math.sin(i * i));
export const queries = [query, vector];
export const allowed = new Set<unknown>(keys);
