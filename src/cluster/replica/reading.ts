/* What does a message of the log say, to every replica alike? A group of ops, or nothing: then it is left out and reported. */
import { HnswError } from "../../errors.ts";
import type { LogMessage } from "../log/reader.ts";
import { decodeGroup, type Group, Malformed, NewerOp } from "../ops/group.ts";
import { placeOf } from "../ops/op.ts";
import { clusterPartitionOf } from "../ops/partition.ts";
import type { ClusterShape } from "../ops/shape.ts";

/** Null: left out, by all alike. Throws CLUSTER_HALTED. */
export function readGroup(
  { number, partition, bytes }: LogMessage,
  shape: ClusterShape,
  report: (why: string) => void,
): Group | null {
  try {
    const group = decodeGroup(bytes, shape.dimensions);
    if (group.incarnation !== shape.incarnation) throw new Malformed("it was written for another log");
    const isElsewhere = (place: string) => clusterPartitionOf(place, shape.partitions) !== partition;
    if (group.ops.some((op) => isElsewhere(placeOf(op)))) throw new Malformed("an op of it is of another partition");
    return group;
  } catch (error) {
    if (error instanceof NewerOp) {
      const cure = "upgrade this member first";
      throw new HnswError("CLUSTER_HALTED", `Message ${number} holds ${error.message}: ${cure}.`, { cause: error });
    }
    if (!(error instanceof Malformed)) throw error;
    report(`message ${number} is left out: ${error.message}`);
    return null;
  }
}
