// The load generator: a process that takes one job from its parent, sends it, answers, and ends.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LoadConnection } from './load-connection.ts';
import type { LoadJob, LoadOutcome } from './load-job.ts';
import { percentilesOf } from './load-job.ts';

const PATIENCE_MS = 5_000;
/** Requests of this first time are not recorded: connections and compiled code are new to it. */
const WARM_UP_S = 0.5;
/** Bounds the memory; a run at a constant pace stays far below. */
const MAX_VALUES = 1_000_000;

class LoadRun {
  readonly #job: LoadJob;
  readonly #message: Buffer;
  readonly #connections: readonly LoadConnection[];
  /** First in, first out, so that every connection has its turn. */
  #free: LoadConnection[];
  readonly #latencies: number[] = [];
  readonly #lateness: number[] = [];
  readonly #seconds: number;
  #startedAt = 0;
  #recordFrom = 0;
  readonly #done = Promise.withResolvers<void>();
  #due = 0;
  #sent = 0;
  #settled = 0;
  #failed = 0;
  #ended = false;

  constructor(job: LoadJob) {
    this.#job = job;
    this.#seconds = job.seconds + (job.perSecond === null ? 0 : WARM_UP_S);
    this.#message = messageOf(job);
    const events = {
      answered: (connection: LoadConnection, status: number) => this.#answered(connection, status),
    };
    this.#connections = Array.from({ length: job.connections }, () => new LoadConnection(job.port, events));
    this.#free = [...this.#connections];
  }

  async run(): Promise<LoadOutcome> {
    const { perSecond } = this.#job;
    await Promise.all(this.#connections.map((connection) => connection.open()));
    const ticker =
      perSecond === null
        ? undefined
        : new Worker(new URL('./ticker-worker.ts', import.meta.url), { workerData: perSecond });
    this.#startedAt = performance.now();
    this.#recordFrom = this.#startedAt + (this.#seconds - this.#job.seconds) * 1_000;
    if (perSecond === null) this.#due = Number.POSITIVE_INFINITY;
    ticker?.on('message', () => this.#tick());
    this.#send();
    const end = setTimeout(() => this.#end(), this.#seconds * 1_000);
    const patience = setTimeout(() => this.#done.resolve(), this.#seconds * 1_000 + PATIENCE_MS);
    await this.#done.promise;
    const took = (performance.now() - this.#startedAt) / 1_000;
    clearTimeout(end);
    clearTimeout(patience);
    await ticker?.terminate();
    for (const connection of this.#connections) connection.destroy();
    return {
      answered: this.#settled,
      failed: this.#failed + (perSecond === null ? 0 : this.#due - this.#settled),
      seconds: took,
      latency: percentilesOf(Float64Array.from(this.#latencies)),
      lateness: percentilesOf(Float64Array.from(this.#lateness)),
    };
  }

  #tick(): void {
    if (this.#ended) return;
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    this.#due = Math.floor(Math.min(elapsed, this.#seconds) * (this.#job.perSecond ?? 0));
    this.#send();
  }

  #send(): void {
    const { perSecond } = this.#job;
    while (this.#sent < this.#due) {
      const connection = this.#free.shift();
      if (connection === undefined) return;
      const now = performance.now();
      this.#sent++;
      connection.dueAt = perSecond === null ? now : this.#startedAt + (this.#sent * 1_000) / perSecond;
      this.#record(this.#lateness, connection.dueAt, now);
      connection.send(this.#message);
    }
  }

  #answered(connection: LoadConnection, status: number): void {
    this.#record(this.#latencies, connection.dueAt, performance.now());
    this.#settled++;
    if (status !== 200) this.#failed++;
    this.#free.push(connection);
    if (!this.#ended || this.#job.perSecond !== null) this.#send();
    if (this.#ended && this.#settled === this.#sent) this.#done.resolve();
  }

  #record(values: number[], dueAt: number, now: number): void {
    if (dueAt >= this.#recordFrom && values.length < MAX_VALUES) values.push(now - dueAt);
  }

  #end(): void {
    this.#ended = true;
    if (this.#job.perSecond === null) this.#due = this.#sent;
    else this.#due = Math.floor(this.#seconds * this.#job.perSecond);
    this.#send();
    if (this.#settled === this.#sent && this.#sent === this.#due) this.#done.resolve();
  }
}

function messageOf({ method, path, port, requestBytes }: LoadJob): Buffer {
  const length = requestBytes === 0 ? '' : `Content-Length: ${requestBytes}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`;
  return Buffer.from(head + 'x'.repeat(requestBytes), 'latin1');
}

const [job]: LoadJob[] = await once(process, 'message');
if (job === undefined) throw new Error('no job');
process.send?.(await new LoadRun(job).run());
process.disconnect?.();
