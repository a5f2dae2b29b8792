/*
 * What can the core be asked to do? Every call, by name: `calls.add(seat, space, key)`.
 *
 * Each function is one call of the core (assembly/abi) through a seat. What it needs beside its arguments lies in the
 * seat's scratch: a key or name (`seat.putKey`), vectors (`seat.putVector`). A call returns what it found, or a status:
 * one of OK … E_MORE of assembly/layout.ts. A `Refusal` is a status below 0, and so never a count.
 */
export * from "./checks.ts";
export * from "./journal.ts";
export * from "./linking.ts";
export * from "./ops.ts";
export * from "./partition.ts";
export * from "./search.ts";
export * from "./snapshot.ts";
export * from "./spaces.ts";
