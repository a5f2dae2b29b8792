/* AssemblyScript's number types, as assembly/layout.ts names them. */
declare type u32 = number;
declare type i32 = number;
