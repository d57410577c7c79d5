// A receiver of OTLP over HTTP: an OpenTelemetry Collector, Jaeger, Tempo, or whoever else speaks it.

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { Agent, requestSecurely, SecureAgent, request as send } from '../../http/node-http.ts';
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
  readonly #agent: InstanceType<typeof Agent>;

  constructor(options: OtlpReceiverOptions) {
    const { url } = options;
    this.name = `${url.protocol}//${url.host}${url.pathname}`;
    this.#options = options;
    const agent = { keepAlive: true, maxSockets: 1 };
    this.#agent = url.protocol === 'https:' ? new SecureAgent(agent) : new Agent(agent);
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
    this.#agent.destroy();
  }

  /** A receiver may close an idle connection just as it is used again: that is no outage. */
  async #postOverAny(content: Uint8Array, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#post(content, signal);
    } catch (error) {
      if (!(error instanceof IdleConnectionClosed)) throw error;
      return this.#post(content, signal);
    }
  }

  #post(content: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { url, headers, timeoutMs, encoder, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = (url.protocol === 'https:' ? requestSecurely : send)(url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          ...headers,
          'content-type': encoder.contentType,
          'content-length': content.length,
          'user-agent': 'consul-ambassador',
        },
        signal,
      });
      const limit = clock.schedule(timeoutMs, () =>
        request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      );
      request.on('response', (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.on('error', (error) => {
        const code = 'code' in error ? error.code : undefined;
        const closed = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
        reject(closed ? new IdleConnectionClosed(error.message) : error);
      });
      request.on('close', () => limit.cancel());
      request.end(content);
    });
  }
}

class IdleConnectionClosed extends Error {}

interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body: Buffer.concat(chunks) };
}
