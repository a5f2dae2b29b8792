/* What does an index report of its workers, its spaces and its journal? */
import * as calls from "../core/calls.ts";
import type { Handle } from "../engine/handle.ts";
import { withRecall } from "../engine/recall.ts";
import { JournalBoard } from "../journal/board.ts";
import { commonTime } from "../runtime/platform.ts";
import { ensureStack } from "../runtime/stack.ts";
import { Latencies } from "../values/latencies.ts";
import type { IndexStats, SpaceStats, WorkerStats } from "../values/reports.ts";
import type { SharedIndex } from "../workers/protocol.ts";

export function readStats(
  handle: Handle,
  { openedAt, journal }: Pick<SharedIndex, "openedAt" | "journal">,
  restartsOf: (worker: number) => number,
): IndexStats {
  const { seats, settings, control } = handle;
  const elapsed = Math.max(1, commonTime() - openedAt);
  const workers = Array.from({ length: Math.max(1, settings.workers) }, (_, worker): WorkerStats => {
    const { busyMs, ...counts } = control.figuresOf(worker);
    return {
      worker,
      alive: settings.workers === 0 || control.isAlive(worker),
      queueDepth: seats.reduce((sum, seat) => sum + calls.depthOf(seat, worker), 0),
      ...counts,
      meanBatch: counts.batches === 0 ? 0 : counts.linked / counts.batches,
      busy: Math.min(1, busyMs / elapsed),
      busyMs,
      stolenFrom: control.takenBy(worker),
      restarts: restartsOf(worker),
    };
  });
  const bytes = { used: 0, reserved: 0, limit: settings.memoryLimit };
  for (const seat of seats) {
    bytes.used += calls.partitionInfo(seat).used;
    bytes.reserved += seat.memory.buffer.byteLength;
  }
  const board = journal && new JournalBoard(journal);
  let spaces: SpaceStats[] | null = null;
  return {
    workers,
    get spaces() {
      ensureStack();
      spaces ??= handle.figures().map((figures) => withRecall(handle, figures));
      return spaces;
    },
    ...{ bytes, journal: board?.stats() ?? null },
    latency: {
      accept: Latencies.report([handle.latency.accept]),
      link: control.linkLatency,
      commit: board?.commitLatency ?? null,
      search: Latencies.report([handle.latency.search]),
    },
  };
}
