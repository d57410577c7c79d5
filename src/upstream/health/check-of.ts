// Which check a service's options ask for.

import type { Clock } from '../../core/clock.ts';
import type { Transport } from '../../http/attempt.ts';
import type { BeginCheck } from './check.ts';
import type { HealthCheckOptions } from './health-options.ts';
import { grpcCheck, httpCheck } from './http-check.ts';
import { requestCheck } from './request-check.ts';
import { tcpCheck } from './tcp-check.ts';

export function checkOf(options: HealthCheckOptions, transport: Transport, clock: Clock): BeginCheck {
  const parts = { clock, timeoutMs: options.timeout };
  // Where no requests are made, what is inherited of them comes to a connection.
  if (transport.protocol === 'http') {
    if (options.http !== undefined) return requestCheck(httpCheck(options.http), parts);
    if (options.grpc !== undefined) return requestCheck(grpcCheck(options.grpc), parts);
  }
  return tcpCheck({ ...parts, dialer: transport.dialer });
}
