// What goes with `protocol: tcp`, and what cannot: where bytes are carried as they are there is no request to send again,
// to answer, or to tell from another.

import type { Raw } from './raw.ts';
import { isRawMap, mergeRaw } from './raw.ts';
import type { Config, ServiceConfig } from './types.ts';

/** A mistake below a service. */
export interface TcpMistake {
  readonly path: readonly string[];
  readonly message: string;
}

/** Connections of databases may be silent for long. Source: Envoy, tcp_proxy.proto idle_timeout. */
const IDLE = '1h';

/** A service of TCP with the defaults of its own, under what was written for it and for all services. */
export function withTcpDefaults(service: Raw): Raw {
  if (!isRawMap(service) || service['protocol'] !== 'tcp') return service;
  return mergeRaw({ timeout: { idle: IDLE } }, service) ?? null;
}

const NO_REQUESTS = 'has no effect with protocol: tcp, where there are no requests';

/** @param isWritten whether a setting stands below the service in the file */
export function tcpMistakes(
  service: ServiceConfig,
  services: Config['services'],
  isWritten: (path: readonly string[]) => boolean,
): readonly TcpMistake[] {
  const { policy, routes, listen, protocol } = service;
  const standIn = policy.fallback?.service;
  if (protocol !== 'tcp') {
    const isTcp = standIn !== undefined && services.get(standIn)?.protocol === 'tcp';
    const message = `expected a service that is called over HTTP: ${standIn} has protocol: tcp`;
    return isTcp ? [{ path: ['fallback', 'service'], message }] : [];
  }
  const missing: TcpMistake = {
    path: ['protocol'],
    message:
      'expected listen beside it, such as listen: 127.0.0.1:5432: a connection that is not read cannot say which service it is for',
  };
  const written: readonly (readonly [path: readonly string[], isOn: boolean])[] = [
    [['routes'], routes.length > 0],
    [['retry'], policy.retry.attempts > 0],
    [['hedging'], policy.hedging !== undefined],
    [['coalescing'], policy.coalescing !== undefined],
    [['fallback'], policy.fallback !== undefined],
    [['faults'], policy.faults.length > 0],
    [['adaptiveConcurrency'], policy.adaptiveConcurrency !== undefined],
    [['timeout', 'request'], true],
    [['timeout', 'perTry'], true],
    [['timeout', 'idleStream'], true],
    [['connections', 'keepAlive'], true],
    [['http2'], true],
    [['healthCheck', 'http'], true],
    [['healthCheck', 'grpc'], true],
    [['rateLimit', 'caller'], policy.rateLimit?.caller !== undefined],
    [['circuitBreaker', 'slowCalls'], policy.circuitBreaker.slowCalls !== undefined],
  ];
  return [
    ...(listen.length === 0 ? [missing] : []),
    ...written
      .filter(([path, isOn]) => isOn && isWritten(path))
      .map(([path]) => ({ path, message: NO_REQUESTS })),
    ...(policy.loadBalancer.hashOn.some(({ sourceAddress }) => sourceAddress === undefined) &&
    isWritten(['loadBalancer', 'hashOn'])
      ? [
          {
            path: ['loadBalancer', 'hashOn'],
            message: 'expected only { sourceAddress: true } with protocol: tcp, where there are no requests',
          },
        ]
      : []),
  ];
}
