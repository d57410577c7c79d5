// The only file that knows undici: one Pool per endpoint, driven by dispatch with a raw handler.

import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { authorityOf } from '../endpoint/endpoint.ts';
import type { AttemptRequest, EndpointConnections, Transport } from './transport.ts';
import { UndiciAttempt } from './undici-attempt.ts';

export interface UndiciTransportOptions {
  /** How long a connection may take to open, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The most connections to one endpoint; requests beyond wait for one. */
  readonly maxConnections: number;
  /** How long an unused connection stays open, in milliseconds, unless its server says less. */
  readonly keepAliveMs: number;
  /** The most bytes of a response's header section. */
  readonly maxHeaderBytes: number;
}

export class UndiciTransport implements Transport {
  readonly #options: UndiciTransportOptions;

  constructor(options: UndiciTransportOptions) {
    this.#options = options;
  }

  connect(address: string, port: number): EndpointConnections {
    return new UndiciConnections(`http://${authorityOf({ address, port })}`, this.#options);
  }

  equals(other: Transport): boolean {
    return other instanceof UndiciTransport && isDeepStrictEqual(other.#options, this.#options);
  }
}

class UndiciConnections implements EndpointConnections {
  readonly #origin: string;
  readonly #options: UndiciTransportOptions;
  #pool: Pool | undefined;
  #closed = false;

  constructor(origin: string, options: UndiciTransportOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  /** Made for the first request: a pool takes 16 KiB, and of a large service most endpoints are never called. */
  #openPool(): Pool {
    const options = this.#options;
    const pool = new Pool(this.#origin, {
      connections: options.maxConnections,
      pipelining: 1,
      allowH2: false,
      // Time to first byte and idle time are ours to measure: undici's timers are coarse above one second.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: options.keepAliveMs,
      maxHeaderSize: options.maxHeaderBytes,
      connect: { timeout: options.connectTimeoutMs, noDelay: true },
    });
    // Connection faults reach the attempt they belong to; one without an attempt has nobody to tell.
    pool.on('connectionError', () => {});
    return pool;
  }

  send(request: AttemptRequest, observer: Parameters<EndpointConnections['send']>[1]): UndiciAttempt {
    const attempt = new UndiciAttempt(observer, !isStream(request.body));
    const options: Dispatcher.DispatchOptions = {
      path: request.path,
      // undici takes any token; its type lists the registered ones.
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers as string[],
      body: request.body,
      upgrade: request.upgrade ?? null,
      // undici closes the connection after HEAD unless told otherwise.
      ...(request.method === 'HEAD' ? { reset: false } : undefined),
    };
    try {
      if (this.#closed) throw new Error('the endpoint has left the service');
      this.#pool ??= this.#openPool();
      this.#pool.dispatch(options, attempt);
    } catch (error) {
      attempt.failSoon(error);
    }
    return attempt;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#pool?.close().catch(() => {});
  }

  get open(): number {
    return this.#pool?.stats.connected ?? 0;
  }
}

function isStream(body: AttemptRequest['body']): boolean {
  return body !== null && !Buffer.isBuffer(body);
}
