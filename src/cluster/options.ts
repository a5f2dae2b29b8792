/* What can a user choose when a member of a cluster is opened? */
import type { NodeConnectionOptions } from "@nats-io/transport-node";
import { MAX_DIMENSIONS } from "../../assembly/layout.ts";
import { badOption, integer, isObject, oneOf, refuseUnknown, show } from "../options/checks.ts";
import { DOCUMENT_OPTIONS, type DocumentChoices, readDocumentOptions } from "../options/documents.ts";
import type { UpdateOptions } from "../options/entries.ts";
import type { Incident, OpenOptions } from "../options/open.ts";
import { METRICS, type Metric } from "../values/metric.ts";
import type { LogOptions } from "./log/log.ts";
import { MOST_CLUSTER_PARTITIONS } from "./ops/partition.ts";
import { type AskedShape, AWAY_MS, type ClusterShape, MOST_REPLICAS, type PlacementSettings } from "./ops/shape.ts";

/** A place in a cluster's log, as a text that another member understands. */
export type Position = `${string}:${number}`;

/**
 * What a read must see: `"own"`, what this member's calls that have resolved have written; `"latest"`, what any member's
 * calls that have resolved by now have written, which takes a message of the log; `"any"`, nothing: it never waits; or what
 * was there at a position.
 */
export type Freshness = "own" | "latest" | "any" | Position;

/** What every read takes besides its own options. */
export interface ReadOptions {
  /** What it must see, see `Freshness`. Default `"own"`. */
  freshness?: Freshness | undefined;
}

/** What an update may choose: the time by which entries have expired is the log's. */
export type ClusterUpdateOptions = Omit<UpdateOptions, "now">;

const OWN = [
  ...(["workers", "partitions", "memoryLimit", "efConstruction", "ef", "flatBelow"] as const),
  ...(["maxPending", "quantization", "batching", "stealing"] as const),
] as const;

/** What members may have each for itself: each is as in `open`. */
export type MemberOptions = Pick<OpenOptions, (typeof OWN)[number]>;

/** How many members hold each partition. */
export interface PlacementOptions {
  /** Members that hold each partition, 1 to 16. Default 2. */
  replicas?: number | undefined;
  /** After that long without a word a member is away, and others take over what it held: 500 to 600,000. Default 10,000. */
  awayMs?: number | undefined;
}

/** What `openCluster` takes. `M`: what documents look like. */
export interface ClusterOptions<M = unknown> extends DocumentChoices<M> {
  /** Of NATS: `"nats://host:4222"`, or several of one cluster of servers. */
  servers: string | readonly string[];
  /** Tells clusters apart that share servers: letters, digits, `-` and `_`, 64 at most. Default `"index"`. */
  name?: string | undefined;
  /** Servers that keep the log, 1, 3 or 5. It counts when the log is created. Default 3. */
  replicas?: 1 | 3 | 5 | undefined;
  /** Parts of the log that spaces are spread over, 1 to 1,024; fixed when it is created. Default 64. */
  partitions?: number | undefined;
  /**
   * Members hold some of the partitions each, and ask others for what they do not hold. It counts when the log is created. Default: every
   * member holds all.
   */
  placement?: PlacementOptions | undefined;
  /** What this member takes compared with others, where members hold some partitions each: .01 to 1,000. Default 1. */
  capacity?: number | undefined;
  /** Floats in every vector, 1 to 4,096. A cluster that exists knows them. */
  dimensions?: number | undefined;
  /** Default `"cosine"`. */
  metric?: Metric | undefined;
  /** After it an op, or a read that waits for one, is given up. Default 30,000. */
  timeoutMs?: number | undefined;
  /** Bytes of log after which a member takes a snapshot, 1 MiB to 1 TiB. Default 256 MiB. */
  snapshotAfterBytes?: number | undefined;
  /** Passed to the client of NATS: credentials, TLS and the like. */
  nats?: Omit<NodeConnectionOptions, "servers"> | undefined;
  /** How this member keeps its copy. */
  index?: MemberOptions | undefined;
  /** As in `open`; a `log` is a message that was left out, or a member that has stopped. */
  onIncident?: ((incident: Incident) => void) | undefined;
}

/** @internal */
export interface ClusterRequest {
  log: LogOptions;
  /** What was asked for; undefined where the cluster decides. */
  asked: AskedShape;
  /** Of a cluster that is created. */
  complete(): Omit<ClusterShape, "incarnation">;
  index: MemberOptions;
  capacity: number;
  snapshotAfterBytes: number;
  onIncident: OpenOptions["onIncident"];
}

const NAMES = [
  "servers",
  "name",
  "replicas",
  "partitions",
  "placement",
  "capacity",
  "dimensions",
  "metric",
  "timeoutMs",
  "nats",
  "snapshotAfterBytes",
  "index",
  "onIncident",
];
const PARTITIONS = 64;

/** @internal Throws BAD_OPTION. */
export function readClusterOptions(given: ClusterOptions): ClusterRequest {
  if (!isObject(given)) throw badOption("openCluster needs an object with at least `servers`.");
  refuseUnknown(given, [...NAMES, ...DOCUMENT_OPTIONS], "openCluster");
  const { name = "index", nats = {}, index = {}, onIncident } = given;
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    throw badOption(`\`name\` must be 1 to 64 letters, digits, \`-\` or \`_\`, not ${show(name)}.`);
  }
  if (!isObject(nats)) throw badOption("`nats` must be an object of options of NATS's client.");
  if (!isObject(index)) throw badOption("`index` must be an object.");
  refuseUnknown(index, OWN, "`index` of openCluster");
  if (onIncident !== undefined && typeof onIncident !== "function") throw badOption("`onIncident` must be a function.");
  if (given.replicas !== undefined && ![1, 3, 5].includes(given.replicas)) {
    throw badOption(`\`replicas\` must be 1, 3 or 5, not ${show(given.replicas)}.`);
  }
  const dimensions = integer("dimensions", given.dimensions, undefined, 1, MAX_DIMENSIONS);
  const metric = oneOf("metric", given.metric, undefined, Object.keys(METRICS) as Metric[]);
  const partitions = integer("partitions", given.partitions, undefined, 1, MOST_CLUSTER_PARTITIONS);
  const placement = readPlacement(given.placement);
  const documents = readDocumentOptions(given);
  const isGiven = (option: keyof DocumentChoices) => given[option] !== undefined;
  return {
    log: {
      ...{ servers: readServers(given.servers), nats, name, replicas: given.replicas ?? 3 },
      timeoutMs: integer("timeoutMs", given.timeoutMs, 30_000, 1, 600_000),
    },
    asked: {
      ...{ dimensions, metric, partitions, placement },
      fields: isGiven("fields") ? documents.fields : undefined,
      metadata: isGiven("metadata") ? documents.metadata : undefined,
      maxDocumentBytes: isGiven("maxDocumentBytes") ? documents.maxDocumentBytes : undefined,
      zeroVectors: isGiven("zeroVectors") ? documents.zeroVectors : undefined,
    },
    complete: () => {
      if (dimensions === undefined) {
        throw badOption(
          "`dimensions` is required, the floats in every vector: no cluster is there yet that knows them.",
        );
      }
      const shape = { dimensions, metric: metric ?? "cosine", partitions: partitions ?? PARTITIONS } as const;
      return { ...shape, ...documents, placement: placement ?? null };
    },
    snapshotAfterBytes: integer("snapshotAfterBytes", given.snapshotAfterBytes, 2 ** 28, 2 ** 20, 2 ** 40),
    ...{ index, onIncident, capacity: readCapacity(given.capacity) },
  };
}

function readPlacement(given: unknown): PlacementSettings | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) throw badOption("`placement` must be an object such as `{ replicas: 2 }`.");
  refuseUnknown(given, ["replicas", "awayMs"], "`placement` of openCluster");
  const { replicas, awayMs } = given as PlacementOptions;
  return {
    replicas: integer("placement.replicas", replicas, 2, 1, MOST_REPLICAS),
    awayMs: integer("placement.awayMs", awayMs, 10_000, ...AWAY_MS),
  };
}

function readCapacity(given: unknown): number {
  if (given === undefined) return 1;
  if (typeof given === "number" && given >= 0.01 && given <= 1_000) return given;
  throw badOption(`\`capacity\` must be a number from .01 to 1,000, not ${show(given)}.`);
}

function readServers(given: unknown): string[] {
  const servers = typeof given === "string" ? [given] : given;
  if (Array.isArray(servers) && servers.length > 0 && servers.every((one) => typeof one === "string" && one !== "")) {
    return [...servers];
  }
  throw badOption(
    '`servers` must be the address of a NATS server, such as `"nats://127.0.0.1:4222"`, or a list of them.',
  );
}
