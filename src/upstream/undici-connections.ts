// The only file that drives undici: one Pool per endpoint, by dispatch with a raw handler. It carries what asks to switch
// protocols, which the codec of our own does not speak.

import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { authorityOf } from '../endpoint/endpoint.ts';
import type { AttemptRequest, EndpointConnections } from '../http/attempt.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import { UndiciAttempt } from './undici-attempt.ts';

export class UndiciConnections implements EndpointConnections {
  readonly #pool: Pool;
  #closed = false;

  constructor(address: string, port: number, options: TransportOptions) {
    this.#pool = new Pool(`http://${authorityOf({ address, port })}`, {
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
    this.#pool.on('connectionError', () => {});
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
    };
    try {
      if (this.#closed) throw new Error('the endpoint has left the service');
      this.#pool.dispatch(options, attempt);
    } catch (error) {
      attempt.onResponseError(undefined, error);
    }
    return attempt;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#pool.close().catch(() => {});
  }

  get open(): number {
    return this.#pool.stats.connected;
  }
}

function isStream(body: AttemptRequest['body']): boolean {
  return body !== null && !Buffer.isBuffer(body);
}
