// An application under constant load: requests leave at their rate whether earlier ones were answered or not.

import { Agent, request } from 'node:http';
import type { TestContext } from 'node:test';

export interface LoadOptions {
  /** One, or several in turn. */
  readonly url: string | readonly string[];
  readonly perSecond: number;
  /** Ends by itself after so many; without it, at `stop`. */
  readonly total?: number;
}

/** A request that was not answered 200. */
export interface FailedRequest {
  /** Milliseconds since the load began. */
  readonly atMs: number;
  /** 0 when there was no answer at all. */
  readonly status: number;
  /** The ambassador's reason, or the client's error. */
  readonly reason: string;
  readonly body: string;
}

export interface LoadResult {
  readonly sent: number;
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly failed: readonly FailedRequest[];
  /** Milliseconds, ascending. */
  readonly latencies: readonly number[];
}

export interface Load {
  /** What came of it, once the last request is done. */
  readonly result: Promise<LoadResult>;
  /** Sends nothing more. */
  stop(): Promise<LoadResult>;
}

const TICK_MS = 5;
const PATIENCE_MS = 30_000;

/** Starts it; it ends with the test `t` if nothing ends it before. */
export function startLoad(
  t: Pick<TestContext, 'after'>,
  { url, perSecond, total = Number.POSITIVE_INFINITY }: LoadOptions,
): Load {
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const statuses: Record<number, number> = {};
  const failed: FailedRequest[] = [];
  const latencies: number[] = [];
  const { promise: result, resolve } = Promise.withResolvers<LoadResult>();
  let sent = 0;
  let open = 0;
  let stopped = false;

  const settle = (sentAt: number, status: number, reason: string, body: string): void => {
    open--;
    statuses[status] = (statuses[status] ?? 0) + 1;
    latencies.push(performance.now() - sentAt);
    if (status !== 200) failed.push({ atMs: Math.round(sentAt - startedAt), status, reason, body });
    finishWhenDone();
  };
  const finishWhenDone = (): void => {
    if (!stopped || open > 0) return;
    agent.destroy();
    resolve({ sent, statuses, failed, latencies: latencies.sort((a, b) => a - b) });
  };
  const urls = typeof url === 'string' ? [url] : url;
  const send = (): void => {
    const target = urls[sent % urls.length] ?? '';
    sent++;
    open++;
    const sentAt = performance.now();
    let answered = false;
    const call = request(target, { agent, timeout: PATIENCE_MS }, (response) => {
      answered = true;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('close', () => {
        const reason = String(response.headers['x-ambassador-error'] ?? '');
        if (response.complete) settle(sentAt, response.statusCode ?? 0, reason, body);
        else settle(sentAt, 0, 'the answer is incomplete', body);
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    call.on('error', (error) => {
      if (!answered) settle(sentAt, 0, error.message, '');
    });
    call.end();
  };
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
    while (sent < due) send();
    if (sent >= total) void stop();
  }, TICK_MS);
  const stop = (): Promise<LoadResult> => {
    clearInterval(timer);
    stopped = true;
    finishWhenDone();
    return result;
  };
  t.after(() => {
    void stop();
    agent.destroy();
  });
  return { result, stop };
}

export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** One GET; cheaper by far than fetch where there are thousands of them. */
export function get(url: string, agent: Agent): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

/** Does `work` for 0 to `count` - 1, so many at a time. */
export async function inParallel(
  width: number,
  count: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
