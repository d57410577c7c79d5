// A client that has closed its side may only have said all that it had to say, or be gone: the one way to find out is to
// write to it. Source: RFC 9112 §9.6 (half-closed connections), RFC 9110 §15.2 (interim responses).

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import type { ServerExchange } from './server-exchange.ts';

/** How long a client that may be gone is not probed, in milliseconds. */
const FIRST_PROBE_MS = 1_000;

/** The first probe only provokes a reset from the client's system: the write after it fails by that. */
const SECOND_PROBE_MS = 250;
const NEXT_PROBES_MS = 10_000;

/** RFC 4918 has withdrawn its meaning; clients read over interim responses that they do not know. */
const PROBE = 'HTTP/1.1 102 Processing\r\n\r\n';

/** Ends the connection of a client that turns out to have left. */
export class DepartureWatch {
  readonly #socket: ConnectionStream;
  readonly #clock: Clock;
  #task: ScheduledTask | undefined;

  constructor(socket: ConnectionStream, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Looks whether the client is still there for this response. Once begun, again nothing. */
  begin(exchange: ServerExchange): void {
    if (this.#task !== undefined) return;
    if (exchange.started) this.#awaitWrite(exchange);
    else this.#probe(exchange, FIRST_PROBE_MS);
  }

  stop(): void {
    this.#task?.cancel();
    this.#task = undefined;
  }

  /** Before its response a client is written to. One of HTTP/1.0 knows no interim responses. */
  #probe(exchange: ServerExchange, delayMs: number): void {
    this.#task = this.#clock.schedule(delayMs, () => {
      if (exchange.over || exchange.started || exchange.head.version === '1.0') return;
      this.#socket.write(PROBE, 'latin1');
      this.#probe(exchange, delayMs === SECOND_PROBE_MS ? NEXT_PROBES_MS : SECOND_PROBE_MS);
    });
  }

  /** In the middle of a response clients leave, and hardly ever only close their side: silence decides. */
  #awaitWrite(exchange: ServerExchange): void {
    const { bytesWritten } = this.#socket;
    this.#task = this.#clock.schedule(FIRST_PROBE_MS, () => {
      if (exchange.over) return;
      const isSilent = this.#socket.bytesWritten === bytesWritten && this.#socket.writableLength === 0;
      if (isSilent) this.#socket.destroy();
      else this.#awaitWrite(exchange);
    });
  }
}
