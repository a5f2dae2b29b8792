/* What do documents, filters and what a call returns look like to the compiler? Types only, and the token that names one. */
import type { Key } from "../values/keys.ts";
import type { FieldType } from "./fields.ts";

type Scalar = string | number | boolean;
type ElementOf<T> = T extends readonly (infer E)[] ? E : T;
/** What a field at a property of that type can hold. */
type ScalarsOf<T> = Extract<ElementOf<NonNullable<T>>, Scalar>;

/** Levels that a path may have in types; at run time there is no limit. */
type Levels = [0, 1, 2, 3, 4];
type Less<D> = D extends 4 ? 3 : D extends 3 ? 2 : D extends 2 ? 1 : 0;

/** The paths of properties that a field can stand for: "userId", "user.id". Any text where a document is `unknown`. */
export type FieldPath<M> = unknown extends M ? string : PathsOf<M, 4>;
type PathsOf<M, D extends Levels[number]> = M extends readonly unknown[]
  ? never
  : M extends object
    ? { [P in keyof M & string]-?: OwnPath<M[P], P> | (D extends 0 ? never : DeepPath<M[P], P, D>) }[keyof M & string]
    : never;
type OwnPath<T, P extends string> = [ScalarsOf<T>] extends [never] ? never : P;
type DeepPath<T, P extends string, D> = `${P}.${PathsOf<NonNullable<T>, Less<D>>}`;

type ValueAt<M, Path extends string> = M extends object
  ? Path extends keyof M
    ? M[Path]
    : Path extends `${infer Head}.${infer Rest}`
      ? Head extends keyof M
        ? ValueAt<NonNullable<M[Head]>, Rest>
        : undefined
      : undefined
  : undefined;

type TypeOf<T> = [T] extends [string]
  ? "keyword" | "date"
  : [T] extends [number]
    ? "number" | "date"
    : [T] extends [boolean]
      ? "boolean"
      : FieldType;

/** The `fields` of an index: by path, the type of each. */
export type Fields<M = unknown> = unknown extends M
  ? Readonly<Record<string, FieldType>>
  : { readonly [Path in FieldPath<M>]?: TypeOf<ScalarsOf<ValueAt<M, Path>>> };

interface Equality<T> {
  /** Null: the field is there and null. A field that is missing equals nothing. */
  $eq?: T | null;
  /** Also true where the field is missing. */
  $ne?: T | null;
  $in?: readonly (T | null)[];
  /** Also true where the field is missing. */
  $nin?: readonly (T | null)[];
  /** Whether the field is there; null counts as there. */
  $exists?: boolean;
}

interface Order<T> {
  $gt?: T;
  $gte?: T;
  $lt?: T;
  $lte?: T;
}

/** What can be asked of a field that holds `T`, or an array of them, of which one must match. */
export type Operators<T> = Equality<T> & ([T] extends [boolean] ? unknown : Order<T>) & { $not?: Operators<T> };

/** A filter: all of its conditions must hold. Plain JSON. */
export type Where<M = unknown> = unknown extends M
  ? LooseWhere
  : { [Path in FieldPath<M>]?: ScalarsOf<ValueAt<M, Path>> | null | Operators<ScalarsOf<ValueAt<M, Path>>> } & {
      $and?: readonly Where<M>[];
      $or?: readonly Where<M>[];
      $not?: Where<M>;
    };

interface LooseWhere {
  $and?: readonly LooseWhere[];
  $or?: readonly LooseWhere[];
  $not?: LooseWhere;
  [path: string]:
    | Scalar
    | null
    | undefined
    | Operators<Scalar>
    | Operators<string>
    | Operators<number>
    | LooseWhere
    | readonly LooseWhere[];
}

/** What `update` changes: the top-level properties given; one that is undefined is removed. */
export type Patch<M = unknown> = unknown extends M
  ? { [name: string]: unknown }
  : { [Name in keyof M]?: M[Name] | undefined };

/** What is returned beside a key. */
export type Include = "metadata" | "vector" | "expiresAt";

/** What `include` adds. `Absent`: undefined, or never where every entry has a document. */
export type Included<M, Absent, I extends Include> = ("metadata" extends I ? { metadata: M | Absent } : unknown) &
  ("vector" extends I ? { vector: Float32Array | undefined } : unknown) &
  ("expiresAt" extends I ? { expiresAt: number | undefined } : unknown);

export type Entry<K extends Key = Key, M = unknown, Absent = undefined, I extends Include = never> = {
  key: K;
} & Included<M, Absent, I>;

declare const documentType: unique symbol;

/** What documents look like, for the compiler; `type<Memory>()` makes one. */
export interface MetadataType<M, Absent extends undefined = undefined> {
  readonly required: boolean;
  readonly [documentType]?: [M, Absent];
}

/** For `open({ metadata: type<Memory>() })`: documents look like that; `"required"`: and every entry has one. */
export function type<M>(): MetadataType<M>;
export function type<M>(required: "required"): MetadataType<M, never>;
export function type(required?: "required"): MetadataType<unknown> {
  return Object.freeze({ required: required === "required" });
}
