// A receiver of OTLP over HTTP: an OpenTelemetry Collector, Jaeger, Tempo, or others that speak it.

import { Pool } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { codeOf, messageOf } from '../../core/errors.ts';
import { retryAfterMs } from '../../policy/retry/retry-after.ts';
import type { OtlpEncoder } from './otlp-encoder.ts';
import type { Span } from './span.ts';
import type { Delivery, SpanReceiver } from './span-receiver.ts';

export interface OtlpReceiverOptions {
  /** Where batches are posted. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** How long one batch may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly encoder: OtlpEncoder;
  readonly clock: Clock;
}

/** OTLP specification, "Retryable Response Codes". */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** An answer is empty, or says how many spans were not wanted. */
const MAX_ANSWER_BYTES = 64 * 1024;

export class OtlpReceiver implements SpanReceiver {
  readonly name: string;
  readonly #options: OtlpReceiverOptions;
  readonly #pool: Pool;

  constructor(options: OtlpReceiverOptions) {
    const { url } = options;
    this.name = `${url.protocol}//${url.host}${url.pathname}`;
    this.#options = options;
    this.#pool = new Pool(url.origin, { connections: 1 });
  }

  async deliver(spans: readonly Span[], signal: AbortSignal): Promise<Delivery> {
    const { encoder, clock } = this.#options;
    try {
      const { status, rawHeaders, body } = await this.#postOverAny(encoder.encode(spans), signal);
      if (status >= 200 && status < 300) return { kind: 'taken', rejected: encoder.rejectedBy(body) };
      const detail = `it answers ${status}`;
      if (!RETRYABLE.has(status)) return { kind: 'refused', detail };
      return { kind: 'failed', detail, retryAfterMs: retryAfterMs(rawHeaders, clock.wallTime()) };
    } catch (error) {
      return { kind: 'failed', detail: messageOf(error), retryAfterMs: undefined };
    }
  }

  close(): void {
    void this.#pool.destroy();
  }

  /** A receiver may close an idle connection just as it is used again: that is no outage. */
  async #postOverAny(content: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const isReused = this.#pool.stats.connected > 0;
    try {
      return await this.#post(content, signal);
    } catch (error) {
      if (!isReused || !hasClosed(error)) throw error;
      return this.#post(content, signal);
    }
  }

  async #post(content: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { url, headers, timeoutMs, encoder, clock } = this.#options;
    const late = new AbortController();
    const limit = clock.schedule(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const {
        statusCode,
        headers: fields,
        body,
      } = await this.#pool.request({
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: { ...headers, 'content-type': encoder.contentType, 'user-agent': 'consul-ambassador' },
        body: content,
        signal: AbortSignal.any([signal, late.signal]),
      });
      return { status: statusCode, rawHeaders: rawFields(fields), body: await readAnswer(body) };
    } finally {
      limit.cancel();
    }
  }
}

/** Codes of a connection that its other side has closed. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function hasClosed(error: unknown): boolean {
  return CLOSED.has(codeOf(error));
}

function rawFields(fields: Readonly<Record<string, string | string[] | undefined>>): readonly string[] {
  return Object.entries(fields).flatMap(([name, values]) =>
    [values ?? []].flat().flatMap((value) => [name, value]),
  );
}

interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

async function readAnswer(body: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
