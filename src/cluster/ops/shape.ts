/*
 * What is the same for every member of a cluster, for good? Whatever decides what an op does to the state. It is written
 * down where the log is made, in one piece with it.
 */
import { MAX_DIMENSIONS } from "../../../assembly/layout.ts";
import type { FieldType } from "../../documents/fields.ts";
import { HnswError } from "../../errors.ts";
import { checkedFields, type DocumentSettings } from "../../options/documents.ts";
import { METRICS, type Metric } from "../../values/metric.ts";
import { MOST_CLUSTER_PARTITIONS } from "./partition.ts";

/** How partitions lie on members. */
export interface PlacementSettings {
  /** Members that hold each partition, where there are as many. */
  replicas: number;
  /** After that many milliseconds of silence a member is away, and what it held is given to others. */
  awayMs: number;
}

export interface ClusterShape extends Omit<DocumentSettings, "fields"> {
  /** Of the log: 32 hexadecimal digits. */
  incarnation: string;
  /** Of the cluster; not of a member's memory. */
  partitions: number;
  dimensions: number;
  metric: Metric;
  fields: Readonly<Record<string, FieldType>>;
  /** Null: every member holds all. */
  placement: Readonly<PlacementSettings> | null;
}

/** @internal What was asked for; what is undefined is taken as it is. */
export type AskedShape = Partial<Omit<ClusterShape, "incarnation">>;

const VERSION = 1;
const MOST_DOCUMENT_BYTES = 1_048_576;

/** @internal */
export function shapeText({ fields, ...shape }: ClusterShape): string {
  return JSON.stringify({ version: VERSION, ...shape, fields: Object.entries(fields) });
}

/** @internal Reads what stands beside a log. Throws CLUSTER_MISMATCH. */
export function readShape(text: string | undefined, log: string): ClusterShape {
  const refusal = (why: string, cause?: unknown) =>
    new HnswError("CLUSTER_MISMATCH", `The stream "${log}" is no log of this package: ${why}.`, { cause });
  if (text === undefined) throw refusal("its metadata say nothing of an index");
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw refusal("its metadata are no JSON", cause);
  }
  const { version, incarnation, partitions, dimensions, metric, metadata, maxDocumentBytes, zeroVectors } = given;
  const { placement = null } = given;
  if (version !== VERSION) throw refusal(`it has version ${String(version)}, this release reads ${VERSION}`);
  const isWithin = (value: unknown, low: number, high: number) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
  const isSound =
    typeof incarnation === "string" &&
    /^[0-9a-f]{32}$/.test(incarnation) &&
    isWithin(partitions, 1, MOST_CLUSTER_PARTITIONS) &&
    isWithin(dimensions, 1, MAX_DIMENSIONS) &&
    isWithin(maxDocumentBytes, 2, MOST_DOCUMENT_BYTES) &&
    typeof metric === "string" &&
    Object.hasOwn(METRICS, metric) &&
    (metadata === "optional" || metadata === "required") &&
    (zeroVectors === "refuse" || zeroVectors === "keep") &&
    (placement === null || isPlacement(placement));
  if (!isSound) throw refusal("its settings make no sense");
  try {
    const shape = { incarnation, partitions, dimensions, metric, metadata, maxDocumentBytes, zeroVectors, placement };
    return { ...(shape as Omit<ClusterShape, "fields">), fields: checkedFields(given.fields) };
  } catch (cause) {
    throw refusal("its fields make no sense", cause);
  }
}

/** @internal */
export const MOST_REPLICAS = 16;
/** @internal The least and the most. */
export const AWAY_MS = [500, 600_000] as const;

function isPlacement(given: unknown): given is PlacementSettings {
  const { replicas, awayMs } = given as PlacementSettings;
  const isWithin = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high;
  return isWithin(replicas, 1, MOST_REPLICAS) && isWithin(awayMs, ...AWAY_MS);
}

/** @internal Throws CLUSTER_MISMATCH where something else was asked for than the cluster has. `fields` are another question. */
export function expectShape({ fields: _, ...asked }: AskedShape, found: ClusterShape, name: string): void {
  for (const [what, value] of Object.entries(asked)) {
    const there = found[what as keyof typeof asked];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(there)) continue;
    const both = `${JSON.stringify(there)}, and was asked for with ${JSON.stringify(value)}`;
    throw new HnswError("CLUSTER_MISMATCH", `The cluster "${name}" has \`${what}\` ${both}.`);
  }
}

/**
 * @internal May be asked for: the fields that the cluster was created with, or those that it has now. Throws CLUSTER_MISMATCH.
 * `now`: undefined where the log was not read yet; then there may be more.
 */
export function expectFields(
  asked: ClusterShape["fields"] | undefined,
  created: ClusterShape["fields"],
  now: ClusterShape["fields"] | undefined,
): void {
  if (asked === undefined || isSame(asked, created)) return;
  const mayBe = now === undefined ? hasAll(asked, created) : isSame(asked, now);
  if (mayBe) return;
  const both = `${JSON.stringify(now ?? created)}, and was asked for with ${JSON.stringify(asked)}`;
  throw new HnswError("CLUSTER_MISMATCH", `The cluster has \`fields\` ${both}.`);
}

function isSame(a: ClusterShape["fields"], b: ClusterShape["fields"]): boolean {
  return Object.keys(a).length === Object.keys(b).length && hasAll(a, b);
}

function hasAll(fields: ClusterShape["fields"], some: ClusterShape["fields"]): boolean {
  return Object.entries(some).every(([name, type]) => Object.hasOwn(fields, name) && fields[name] === type);
}
