import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/system-clock.ts';
import type { Dialer, DialTarget } from '../../src/net/dial.ts';
import { TcpDialer } from '../../src/net/dial.ts';
import type { HttpTransportOptions } from '../../src/upstream/http-transport.ts';
import { HttpTransport } from '../../src/upstream/http-transport.ts';

const IN_THE_CLEAR = new TcpDialer();

/** In the clear, HTTP/1.1 unless something else is said or registered. A fault of ours fails the test that runs. */
export function testTransport(
  options: Partial<HttpTransportOptions> = {},
  clock: Clock = systemClock,
  dialer: Dialer = IN_THE_CLEAR,
): HttpTransport {
  return new HttpTransport(
    {
      connectTimeoutMs: 1_000,
      maxConnections: 100,
      keepAliveMs: 4_000,
      maxHeaderBytes: 64 * 1024,
      pings: { intervalMs: 0, timeoutMs: 5_000 },
      protocol: 'http',
      registered: ['h2c', 'grpc'],
      ...options,
    },
    { clock, dialer, fault: rethrow },
  );
}

/** An endpoint on this machine of which nothing else is registered. */
export function testTarget(port: number): DialTarget {
  return { address: '127.0.0.1', port, tags: [], meta: {} };
}

/** Out of all handlers, so that the test runner sees it. */
export function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
