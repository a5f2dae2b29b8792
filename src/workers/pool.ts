/* How do workers start, crash, get replaced and stop? Knows threads, not vectors. */
import { abandon } from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import type { Incident } from "../options/open.ts";
import { afterPatience } from "../runtime/event-loop.ts";
import { Restarts } from "../runtime/restarts.ts";
import { endOf, startThread, type Thread } from "../runtime/thread.ts";
import type { Control } from "./control.ts";
import type {
  FromWorker,
  MeasuredMessage,
  MeasureMessage,
  SearchedMessage,
  SearchMessage,
  SharedIndex,
  ToWorker,
} from "./protocol.ts";
import { repairSeats, seatOfWorker } from "./seats.ts";

const STOP_MS = 5_000;
const NONE = -1;

type Report = (incident: Incident) => void;

type Returned = SearchedMessage | MeasuredMessage;

interface Member {
  thread: Thread;
  /** What it was asked for and has not returned. */
  asked: Map<number, { resolve: (message: Returned) => void; reject: (error: Error) => void }>;
}

/** Of indexes that are no longer referred to: nothing will add to them, search them or close them any more. */
const dropped = new FinalizationRegistry<Pool>((pool) => pool.drop());

export class Pool {
  private readonly members: (Member | null)[] = [];
  private readonly restarts: Restarts[];
  private closing = false;
  private nextId = 0;
  private readonly reporter: WeakRef<Report>;

  constructor(
    private readonly shared: SharedIndex,
    private readonly control: Control,
    /** Of the opening thread. */
    private readonly seats: Seat[],
    report: Report,
  ) {
    this.reporter = new WeakRef(report);
    const restarts = (_: unknown, worker: number) => new Restarts(() => control.figure(worker, "linked"));
    this.restarts = Array.from({ length: shared.settings.workers }, restarts);
  }

  /** Starts all workers; resolves when every one is ready. */
  async start(): Promise<void> {
    await Promise.all(this.restarts.map((_, worker) => this.spawn(worker)));
  }

  private spawn(worker: number): Promise<void> {
    const start: ToWorker = { type: "start", ...this.shared, worker, seat: seatOfWorker(worker) };
    const thread = startThread("worker", `Worker ${worker}`, start, {
      heard: (message) => this.receive(worker, member, message as FromWorker),
      ended: (failure) => this.ended(worker, member, failure),
    });
    const member: Member = { thread, asked: new Map() };
    this.members[worker] = member;
    this.restarts[worker]!.started();
    return thread.ready;
  }

  /**
   * Has the workers end when `owner` can no longer be reached from the program. Until then it keeps the reporter, to which
   * the workers' listeners must not lead, as it may lead to the owner.
   */
  endWith(owner: { report: Report | null }): void {
    owner.report = this.reporter.deref()!;
    dropped.register(owner, this);
  }

  private report(incident: Incident): void {
    this.reporter.deref()?.(incident);
  }

  /** @internal */
  drop(): void {
    this.control.close();
    void this.stop();
  }

  private receive(worker: number, member: Member, message: FromWorker): void {
    if (message.type === "trap") {
      if (!this.closing) this.report({ worker, kind: "trap", message: message.message });
    } else if (message.type === "failed") {
      member.asked.get(message.id)?.reject(new Error(message.message));
    } else if (message.type === "searched" || message.type === "measured") {
      member.asked.get(message.id)?.resolve(message);
    }
  }

  /** Frees what the worker held and puts another in its seat, which goes on with its claims. */
  private ended(worker: number, member: Member, failure: Error | null): void {
    this.members[worker] = null;
    this.control.setAlive(worker, false);
    for (const { reject } of member.asked.values()) reject(new Error("the worker ended"));
    const trap = repairSeats(this.seats, this.control, seatOfWorker(worker));
    if (trap !== null) this.report({ worker, kind: "trap", message: `while its seat was repaired: ${String(trap)}` });
    if (this.closing) return;
    const replace = this.restarts[worker]!.ended();
    if (replace) this.spawn(worker).catch(() => {});
    // Last, since the user may close the index now: then the replacement must be among the workers to end.
    this.report({ worker, kind: replace ? "exit" : "lost", message: failure?.message ?? "the worker ended" });
  }

  restartsOf(worker: number): number {
    return this.restarts[worker]?.count ?? 0;
  }

  alive(): number[] {
    return this.members.flatMap((member, worker) => (member && this.control.isAlive(worker) ? [worker] : []));
  }

  /** Has a worker search a share of a `searchMany`. Rejects when the worker ends, fails or takes too long. */
  search(worker: number, job: Omit<SearchMessage, "type" | "id">): Promise<SearchedMessage> {
    const id = this.nextId++;
    const searched = this.ask(worker, { type: "search", id, ...job }) as Promise<SearchedMessage>;
    const tooLate = () => this.members[worker]?.asked.get(id)?.reject(new Error("the worker takes too long"));
    const callOff = afterPatience(this.shared.settings.timeoutMs, tooLate);
    return searched.finally(callOff);
  }

  /**
   * Has a worker measure a space, one that is idle if there is any, beside what else it does. Rejects when it ends or
   * fails, or there is none.
   */
  measure(job: Omit<MeasureMessage, "type" | "id">): Promise<MeasuredMessage> {
    const alive = this.alive();
    const worker = alive.find((worker) => this.control.isParked(worker)) ?? alive[0] ?? NONE;
    return this.ask(worker, { type: "measure", id: this.nextId++, ...job }) as Promise<MeasuredMessage>;
  }

  private ask(worker: number, message: SearchMessage | MeasureMessage): Promise<Returned> {
    const member = this.members[worker];
    if (!member) return Promise.reject(new Error("the worker ended"));
    const returned = new Promise<Returned>((resolve, reject) => member.asked.set(message.id, { resolve, reject }));
    member.thread.post(message satisfies ToWorker);
    this.control.wake(worker);
    return returned.finally(() => member.asked.delete(message.id));
  }

  /** Tests only. */
  send(worker: number, message: ToWorker): void {
    this.members[worker]?.thread.post(message);
  }

  /** Tests only: ends a worker by force. Resolves to whether there was one. */
  async kill(worker: number): Promise<boolean> {
    const thread = this.members[worker]?.thread;
    thread?.terminate();
    await thread?.end;
    return thread !== undefined;
  }

  /** Ends every worker: asks it to, then by force. */
  async stop(): Promise<void> {
    this.closing = true;
    await Promise.all(this.members.map((member, worker) => (member ? this.stopOne(worker, member) : null)));
  }

  private async stopOne(worker: number, { thread }: Member): Promise<void> {
    this.control.stop(worker);
    await endOf(thread, STOP_MS, () => {
      for (const seat of this.seats) abandon(seat); // it may wait for the lock of a dead thread
    });
  }
}
