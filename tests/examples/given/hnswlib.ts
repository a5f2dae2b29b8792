import given from "hnswlib-node";

const made = new given.HierarchicalNSW("cosine", 3);
made.initIndex(10);
made.addPoint([3, 0, 0], 5);
made.addPoint([0, 1, 1], 6);
made.addPoint([0, 1, 0], 7);
made.markDelete(6);
made.writeIndexSync("old.dat");
