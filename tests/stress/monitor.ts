import { writeSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import * as L from "../../assembly/layout.ts";

let beat: Int32Array | null = null;
let memories: WebAssembly.Memory[] = [];
let seed = 0;
let last = 0;
let since = performance.now();
let told = false;
parentPort!.on("message", (m: any) => {
  beat = new Int32Array(m.beat);
  memories = m.memories;
  seed = m.seed;
  told = false;
  since = performance.now();
});
setInterval(() => {
  if (!beat) return;
  const now = Atomics.load(beat, 0);
  if (now !== last) {
    last = now;
    since = performance.now();
    return;
  }
  if (performance.now() - since < 8000 || told) return;
  told = true;
  const out = [`MONITOR seed ${seed}: main silent`];
  for (const [p, mem] of memories.entries()) {
    const w = new Uint32Array(mem.buffer);
    const at = (a: number) => w[a >>> 2]!;
    out.push(`partition ${p}: lock ${at(L.P_LOCK)} intent ${at(L.P_INTENT)} retired ${at(L.P_RETIRED)}`);
    for (let h = 0; h < 8; h++) {
      const q = L.P_QUEUES + h * 64;
      out.push(`  q${h}: lock ${at(q)} depth ${at(q + L.Q_DEPTH)} broken ${at(q + L.Q_BROKEN)}`);
    }
    for (let s = 0; s < 14; s++) {
      const a = L.P_SEATS + s * L.SEAT_BYTES;
      const gen = at(a + L.SEAT_HELD_GENERATION);
      out.push(
        `  seat ${s}: epoch ${at(a)} held P ${at(a + 4)} Q ${at(a + 8)} E ${at(a + 12)} N ${at(a + 16)} linking ${at(a + L.SEAT_LINKING)} gen ${gen} slot ${at(a + L.SEAT_HELD_SLOT)} lvl ${at(a + L.SEAT_HELD_LEVEL)} claims ${at(a + L.SEAT_CLAIM_NEXT)}/${at(a + L.SEAT_CLAIM_COUNT)}` +
          (gen ? ` entrylock ${at(gen + L.G_ENTRY_LOCK)}` : ""),
      );
    }
  }
  writeSync(2, out.join("\n") + "\n");
}, 500);
